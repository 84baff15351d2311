"""Reports: every resource is a dataset, plugins add their own; counted, drawn, drilled into, saved, shared, exported,
and put on the start page. All of it runs under the rights of whoever looks."""
