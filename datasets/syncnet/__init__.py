"""SyncNet: how well lips and sound fit, by the network of Chung and Zisserman, "Out of Time: Automated Lip Sync in
the Wild" (ACCV workshops 2016), with the weights and conventions of github.com/joonson/syncnet_python (MIT).

Its confidence and distance are what papers report as LSE-C and LSE-D. Importing this package imports no torch;
`network` does.
"""
