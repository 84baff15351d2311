"""Automations: what a tenant's admins let happen by itself, without a line of code.

    trigger -> conditions -> steps

The way of a run: an event, the clock or a button is a trigger (`triggers`, `clock`, `buttons`); `starting` writes a run
for it, once, in the transaction of the handler that heard of it; a job (`running`) does its steps, each with its place
in the log as one transaction, in the name and with the rights of the member that the automation runs as. `dry` does
the same on trial and takes everything back.
"""
