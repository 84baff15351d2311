"""Two-way mail: members' and shared mailboxes, what comes in and goes out by them, on the pages of those it is with.

    fetching   mailboxes are looked into by IMAP, folder by folder, each mail once (`imap`, `folders`, `taking`)
    reading    bytes become a mail: parties, text, sanitised HTML, files, what it answers (`parsing`, `cleaning`)
    keeping    only what is with a contact is kept, and who may see it (`keeping`, `threads`, `reach`)
    writing    a mail of our own goes through the queue of `app.messaging`, and comes to lie in the sent folder

Nothing is sent in another way than `app.messaging` does.
"""
