"""A randomized model of moving slots: what of a risk shard, or of a settlement shard, goes to another one
while everybody trades.

Streams are dense and heard once, which the rest of the protocol sees to. What is tried here is that there is
no order between two of them: everything said waits, stream by stream, for chance to land it. The rules:

1. Control tells the old shard to Move, and whatever it says of the slot from then on it says to the new one.
2. The old risk shard refuses the slot's commands from then on, and sends a Marker to every book and
   settlement shard. Who gets it tells the new shard that the slot is Arriving, says everything else of the
   slot to the new shard, and echoes to the old one.
3. The old shard, when all have echoed, has heard all that it will hear. It exports the slot's state, in which
   the participants' sessions are, tells the participants MovedAway, and forgets them.
4. The new shard keeps what it hears of strangers, from those who said Arriving, until the state has come; it
   then tells the participants MovedHere, with the last command taken, and takes what it has kept, in order.
5. A participant reads one source of its reports until MovedAway, then the next one's from MovedHere on. It
   then sends again, to the new shard, all after the last command taken.
6. A book answers who asks: not the shard that once gave the order its number.
7. A settlement shard is not heard by books, refuses nothing, and what it books adds up in any order. So
   nothing arrives, is kept or refused: control tells the new shard whose the accounts are, the books to
   switch and the old shard to Move, all at once. Each book says to the old shard that it has, behind its last
   leg for it. When all have, the old one gives what the accounts have, and forgets them; the new one adds it
   to what it has booked.
8. A participant may write to a topic of its own, from where the gateway of its risk shard forwards; a frame
   is signed for that shard all the same. So the lane goes first: the old shard's gateway tells the new one's
   how far it is, and only when that has the lane the move begins. What either finds signed for another shard
   it passes over: the participant has sent it again, behind, when it was told MovedHere, unless it was taken.
"""
