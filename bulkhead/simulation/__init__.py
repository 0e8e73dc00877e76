"""The whole exchange in one thread, from one seed, under virtual time, with every fault we can think of.

The machines, streams, runtime, supervision's decisions and wire are the product's own; what stands around
them is simulated: time, processes, the way to the log, the store of snapshots, who trades.

    schedule      virtual time
    network       the log as one process reaches it: late, twice, not at all
    store         snapshots that are torn, lost, refused
    processes     one process with one shard's loop; it may die between any two of the loop's steps
    replicas      one of several of a shard: it follows, takes over, may differ; hearts  what they listen to
    supervisor    who restarts it, by the product's restart budgets
    ingress       a gateway beside an ingress shard's process
    participants  who trade, misbehave, reconnect; gateways  the clock and the operator
    poison        what machines raise on
    stretch       a part of a partition that is lost before anybody has read it; repairer  who gives it again;
                  usurper  who signs a repair and must not; intruder  what has to be skipped
    contradiction where a log may say two things, because a sick computer decided
    setting       the exchange that is simulated
    plan          what a seed lets happen, and when
    world         all of it together, and the carrying out of a plan
    evidence      what the log tells afterwards, read apart from the machines
    checks        what must hold
    mutants/      deliberate bugs, which the checks must find
    run           one seed: its outcome; shrink  the fewest events of a plan that still fail
"""
