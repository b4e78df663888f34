import time, asyncio, tempfile
from pathlib import Path
from tests.support import parts, door, topic
from schemas import topics
from schemas.topics import topics_for
from hub import kafka
with tempfile.TemporaryDirectory() as d, parts.running_postgres(Path(d)) as db, parts.running_kafka(Path(d)) as k:
    asyncio.run(kafka.ensure_topics(k.address, topics_for(["eastern"],[],[]),1))
    for i in range(3):
        t=time.time()
        with db.fresh("template_ready") as url:
            a=time.time()
            async def m():
                b=time.time()
                async with topic.tail(k.address, topics.INTAKE) as tl:
                    c=time.time()
                    async with door.open_door(door.settings(k.address,url)) as cl:
                        e=time.time()
                        print("tail",round(c-b,3),"door",round(e-c,3))
            asyncio.run(m()); z=time.time()
        print("create",round(a-t,3),"drop",round(time.time()-z,3))
