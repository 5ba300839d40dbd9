"""How a processor is run on Kafka, without Faust: chunks of records and one checkpoint per worker and commit interval.

librdkafka keeps the group, fetching and producing. This package keeps the checkpoint between the two, and knows no
host: `garbo.faust_host` carries its chunks on Faust's app, agents and streams. Faust's tables, recovery, assignor,
leader, transactions and web stay unused.

Start with `processor_runtime.py`, which wires the parts. Each part gets the callables and values it needs in its
constructor.

The order that makes it exact; the numbers return as comments where each step is taken.

 assign   1  the group metadata of this generation is captured        (assignment.py)
          2  committed offsets are fetched, *stable* ones: a transaction still being decided is waited for
          3  the changelog is read, committed rows only, until the *uncommitted* high watermark known after 2 is
             passed                                                   (table_loader.py, restore.py)
          4  the processor opens its partitions; seek; the gate opens
 chunk    5  refused unless its epoch is the current one               (processing.py)
          6  rows into the overlay; rows and outputs to the broker     (checkpoint.py)
 commit   7  nobody processes meanwhile
          8  offsets into the transaction, with the metadata of 1      (exactly_once.py)
          9  commit
         10  overlay into the local store, with the changelog's offset (state_table.py)
 revoke  11  the gate closes, epoch + 1                                (assignment.py)
         12  what is open is committed, or aborted when the assignment is lost already
         13  the overlay is dropped, processor and stores close

Without transactions, steps 8 and 9 are taken in the order of `at_least_once.py`.
"""
