# The tour: docker commands over every part of the API, one a line. TOUR is a folder of the tour's own with busybox.tar.
# Lines that begin with "~" may print their lines in any order. Names carry no state over from one tour to the next.
docker version --format '{{.Client.Version}} {{.Server.Os}}'
docker system info --format '{{.OSType}} {{.CgroupDriver}} {{.LoggingDriver}} {{.Swarm.LocalNodeState}}'
docker import -c 'CMD ["sh"]' -c 'ENV A=b' -m 'from a tar' $TOUR/busybox.tar tour/base:1
docker image ls --format '{{.Repository}}:{{.Tag}}'
docker image inspect tour/base:1 --format '{{json .Config.Cmd}} {{json .Config.Env}} {{.Os}} {{.RootFS.Type}} {{len .RootFS.Layers}} {{.Comment}}'
docker image tag tour/base:1 tour/base:2
docker image tag tour/missing tour/x
docker image history --format '{{.CreatedBy}}|{{.Size}}|{{.Comment}}' tour/base:1
docker image save -o $TOUR/saved.tar tour/base:1 tour/base:2
docker image save tour/missing
docker image rm tour/base:2
docker image load -i $TOUR/saved.tar
docker image load -q -i $TOUR/saved.tar
docker image inspect tour/missing
docker image rm tour/missing
docker image ls -q --filter nonsense=1
docker image ls --filter reference='tour/*' --format '{{.Repository}}:{{.Tag}}'
docker image prune -f
docker container create --name tour1 -l a=b --network none -it tour/base:1 sh
docker container create --name tour1 --network none tour/base:1
docker container create --network none tour/missing:9 --pull never
docker container create --pull never --network none tour/missing:9
docker container ls -a --format '{{.Names}} {{.Image}} {{.Command}} {{.Status}} {{.Ports}}'
docker container inspect tour1 --format '{{.State.Status}} {{.Config.Tty}} {{json .Config.Labels}} {{.HostConfig.NetworkMode}} {{.State.ExitCode}}'
docker container start tour1
docker container start tour1 nope
docker container rename tour1 tour2
docker container rename tour2 tour2
docker container rename nope x
docker container rename tour2 '%%'
docker container ls --format '{{.Names}} {{.Status}}'
docker container pause tour2
docker container pause tour2
docker container ls --format '{{.Names}} {{.Status}}'
docker container exec tour2 true
docker container unpause tour2
docker container unpause tour2
docker container exec tour2 sh -c 'echo out; echo err >&2; exit 3'
docker container exec tour2 nonsense
docker container exec -w /nope tour2 true
docker container exec -u nobody9 tour2 true
docker container exec -e X=y tour2 sh -c 'echo $X'
docker container exec nope true
docker container top tour2 -o pid,comm
docker container top nope
docker container update --memory 64m --memory-swap 64m tour2
docker container update --memory 1 tour2
docker container inspect tour2 --format '{{.HostConfig.Memory}}'
docker container cp $TOUR/file.txt tour2:/tmp/
docker container cp tour2:/tmp/file.txt $TOUR/back.txt
docker container cp tour2:/nope $TOUR/back.txt
docker container cp $TOUR/file.txt tour2:/nope/x/
~docker container diff tour2
docker container commit -m msg -a me -c 'ENV Z=1' tour2 tour/committed
docker image inspect tour/committed --format '{{.Comment}} {{.Author}} {{json .Config.Env}}'
docker container export tour2 -o $TOUR/exported.tar
docker container kill -s NONSENSE tour2
docker container kill tour2
docker container kill tour2
docker container wait tour2
docker container inspect tour2 --format '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}'
docker container logs tour2
docker container stop tour2
docker container stop nope
docker container stats --no-stream --format '{{.Name}} {{.PIDs}}' tour2
docker container attach tour2
docker container exec tour2 true
docker container port tour2
docker container rm tour2
docker container rm tour2
docker container run --rm --network none tour/base:1 sh -c 'echo a; echo b >&2; exit 7'
docker container run --rm --network none tour/base:1 nonsense
docker container run --rm --network none tour/base:1 /tmp
docker container run --rm --network none -v nope:relative tour/base:1 true
docker container run --rm --network none -v /nonexistent9:/mnt:zz tour/base:1 true
docker container run --rm --network none --memory 1k tour/base:1 true
docker container run --rm --network none --cap-add NONSENSE tour/base:1 true
docker container run --rm --network none --device /dev/nonsense9 tour/base:1 true
docker container run --rm --network none --mount type=bind,src=/nope9,dst=/x tour/base:1 true
docker container run --rm --network none --hostname tour-host tour/base:1 hostname
docker container run --rm --network none --user 1000:1000 tour/base:1 id
docker container run --rm --network none --read-only tour/base:1 touch /x
docker container run --rm --network none --tmpfs /x:size=1m tour/base:1 sh -c 'df /x | tail -1 | cut -c1-5'
docker container run --rm --network none --env-file $TOUR/env tour/base:1 sh -c 'echo $FROM_FILE'
docker container run --rm --network none --entrypoint echo tour/base:1 x y
docker container run --rm --network none --ulimit nofile=64:128 tour/base:1 sh -c 'ulimit -n'
docker container run --rm --network none --sysctl kernel.nonsense=1 tour/base:1 true
docker container run --rm --network none --security-opt nonsense tour/base:1 true
docker container run --rm --network none --pid container:nope tour/base:1 true
docker container run --rm --network none --log-driver nonsense tour/base:1 true
docker container run --rm --network none --restart always tour/base:1 true
docker container run --rm --network none --stop-signal NONSENSE tour/base:1 true
docker container run -d --network none --name tour3 --restart on-failure:2 tour/base:1 false
docker container run -d --network none --name tour3 tour/base:1 false
docker container wait tour3
docker container inspect tour3 --format '{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}'
docker container rm -f tour3
docker container rm -f nope
docker container run -d --network none --name tour4 --log-opt max-size=1k tour/base:1 sh -c 'i=0; while [ $i -lt 5 ]; do echo line $i; i=$((i+1)); done; sleep 1000'
sleep 0.5; docker container logs tour4
docker container logs --tail 2 tour4
docker container logs --tail nonsense tour4
docker container logs --since nonsense tour4
docker container logs nope
docker container inspect nope
docker container restart -t 0 tour4
docker container restart -t 0 nope
docker container ls --filter status=nonsense
docker container ls --filter nonsense=1
docker container ls --filter name=tour4 --format '{{.Names}} {{.State}}'
docker container ls -a --filter exited=a
docker container ls --filter health=nonsense
docker container ls --filter since=nope
docker container ls -a -n 1 --format '{{.Names}}'
docker container stop -t 0 tour4
docker container inspect tour4 --format '{{.State.ExitCode}}'
docker container prune -f --filter nonsense=1
docker container prune -f --filter label=nope
docker container rm tour4
docker container run -d --network none --name tour5 --health-cmd true --health-interval 1s tour/base:1 sleep 1000
docker container inspect tour5 --format '{{json .Config.Healthcheck}}'
docker container rm -f tour5
docker inspect nope
docker inspect --type image nope
docker network ls --format '{{.Name}} {{.Driver}} {{.Scope}}'
docker network create tour-net
docker network create tour-net
docker network create --subnet nonsense tour-bad
docker network create -d nonsense tour-bad
docker network create --subnet 10.213.7.0/24 --gateway 10.213.7.1 --label x=y tour-sub
docker network create --subnet 10.213.7.0/24 tour-overlap
docker network inspect tour-sub --format '{{.Driver}} {{json .IPAM.Config}} {{json .Labels}} {{.Internal}} {{.Attachable}} {{json .Containers}} {{json .Options}}'
docker network inspect nope
docker network ls --filter name=tour-s --format '{{.Name}}'
docker network ls --filter nonsense=1
docker container run -d --network tour-sub --ip 10.213.7.9 --network-alias al --name tour6 tour/base:1 sleep 1000
docker container inspect tour6 --format '{{(index .NetworkSettings.Networks "tour-sub").IPAddress}} {{(index .NetworkSettings.Networks "tour-sub").Gateway}} {{(index .NetworkSettings.Networks "tour-sub").IPPrefixLen}}'
docker network connect tour-net tour6
docker network connect tour-net tour6
docker network connect nope tour6
docker network disconnect tour-net tour6
docker network disconnect tour-net tour6
docker network rm tour-sub
docker network rm bridge
docker network rm nope
docker container run --rm --network tour-sub tour/base:1 nslookup tour6
docker container run --rm --network nope tour/base:1 true
docker container run -d --network tour-net -p 127.0.0.1:18099:80/tcp --name tour7 tour/base:1 sleep 1000
docker container port tour7
docker container port tour7 80/tcp
docker container port tour7 81
docker container ls --filter name=tour7 --format '{{.Names}} {{.Ports}}'
docker container run --rm --network tour-net -p 127.0.0.1:18099:80 tour/base:1 true
docker container run --rm -p nonsense tour/base:1 true
docker container rm -f tour6 tour7
docker network prune -f
docker network rm tour-net tour-sub
docker volume ls -q
docker volume create tour-vol
docker volume create tour-vol
docker volume create -d nonsense tour-bad
docker volume create --label k=v --opt type=tmpfs --opt device=tmpfs --opt o=size=1m tour-tmp
docker volume create 'bad name'
docker volume inspect tour-tmp --format '{{.Driver}} {{.Scope}} {{json .Labels}} {{json .Options}}'
docker volume inspect nope
docker volume ls --format '{{.Driver}} {{.Name}}'
docker volume ls --filter nonsense=1
docker volume ls -q --filter dangling=true
docker container run --rm --network none -v tour-vol:/data tour/base:1 sh -c 'echo kept > /data/x'
docker container run --rm --network none -v tour-vol:/data:ro tour/base:1 cat /data/x
docker container run -d --network none -v tour-vol:/data --name tour8 tour/base:1 sleep 1000
docker volume rm tour-vol
docker container inspect tour8 --format '{{range .Mounts}}{{.Type}} {{.Name}} {{.Destination}} {{.Driver}} {{.Mode}} {{.RW}}{{end}}'
docker container rm -f tour8
docker volume prune -f
docker volume prune -af --filter label=k=v
docker volume rm tour-vol
docker volume rm nope
docker system df --format '{{.Type}}'
docker system events --since 5m --until 0s --filter type=nonsense
docker system events --since 0 --until 1 --filter nonsense=x
docker system events --since nonsense --until 0s
docker system prune -f --filter nonsense=1
docker swarm init --advertise-addr 127.0.0.1:1 --data-path-port 1
docker node ls
docker service ls
docker secret ls
docker config ls
docker stack ls
docker swarm leave
docker swarm join-token worker
docker plugin ls
docker plugin inspect nope
docker plugin rm nope
docker context ls --format '{{.Name}} {{.Current}}'
docker image rm -f tour/base:1 tour/committed
docker image ls -aq
