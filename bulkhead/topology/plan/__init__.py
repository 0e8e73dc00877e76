"""What has to be done so that what is live becomes what a topology says. Pure: who reads what is live, and
who changes it, lives with the layer that it is of.

objects   what is compared: objects of a kind and a name, with attributes
fields    what two topologies say differently, field by field
effects   what a changed field does to an exchange that was founded
steps     the plan: what is wanted beside what is live, as ordered steps
interruptions  what each step stops meanwhile, and for how long
needs     what a topology needs of machine, log and broker, and what it may not pass
"""
