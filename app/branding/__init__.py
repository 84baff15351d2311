"""A tenant's brand: its name, logo, colours and letterhead, on pages, in mails and on paper."""
