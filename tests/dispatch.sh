#!/usr/bin/env bash
# usage: tests/dispatch.sh [parallel | slurm] [FOLDER]
#
# A sweep's runs given out by other programs come to the same as a local sweep: by GNU parallel from
# `sweep --commands`, and by Slurm from `sweep --slurm`, with a controller and two nodes on this
# machine's loopback, one of which fails in the middle. Without a name both are tried. Needs Debian's
# packages parallel, slurm-wlm and munge; what is written lies in FOLDER [build/dispatch].
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
which=${1:-parallel slurm}
work=${2:-build/dispatch}
rm -rf "$work" && mkdir -p "$work" && cd "$work"
work=$PWD
tunemark=$root/build/tunemark
started=()

say() { printf '== %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }
end() { for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done; }
trap end EXIT
[ -x "$tunemark" ] || fail "no build/tunemark; should be built, by: make"

needed() { # PROGRAM PACKAGE
    type "$1" >/dev/null 2>&1 || PATH=$PATH:/usr/sbin type "$1" >/dev/null 2>&1 ||
        fail "no $1; should be installed, by: apt-get install $2"
}

until_true() { # SECONDS, a command
    for ((i = 0; i < 5 * $1; i++)); do
        if "${@:2}" >/dev/null 2>&1; then return; fi
        sleep 0.2
    done
    fail "not within $1 s: ${*:2}"
}

cat >spec.yaml <<END
name: spread
models: tiny
tasks: reviews
methods: [head, bitfit, lora]
seeds: 2
train: {epochs: 1, min_steps: 20, train_limit: 400}
search: {trials: 4}
END

same() { # FOLDER: its rows and what they answered are those of the local sweep
    diff <(ls local/rows) <(ls "$1/rows") || fail "$1 has other rows"
    diff -r local/scores "$1/scores" || fail "$1 has other scores"
    "$tunemark" sweep spec.yaml --out "$1" --dry-run | grep -q ', 0 to do$' || fail "$1 is not whole"
    say "$1: the same $(find "$1/rows" -name '*.csv' | wc -l) runs with the same scores as the local sweep's"
}

with_parallel() {
    needed parallel parallel
    say "GNU parallel: $(parallel --version | head -n 1)"
    while "$tunemark" sweep spec.yaml --out by-parallel --commands >commands 2>said && [ -s commands ]; do
        say "$(wc -l <commands) commands; $(head -n 1 said)"
        parallel --jobs 2 --joblog +parallel.log <commands >>runs.log 2>&1
    done
    "$tunemark" sweep spec.yaml --out by-parallel 2>&1 | tail -n 1
    same by-parallel
}

# A node of a name, as slurmd; its pid is the last of `started`.
node() {
    slurmd -D -N "$1" -f "$work/slurm.conf" >>"$1.log" 2>&1 &
    started+=($!)
}

controller() {
    local host user
    host=$(hostname -s) user=$(id -un)
    dd if=/dev/urandom of=munge.key bs=1 count=128 2>/dev/null && chmod 400 munge.key
    mkdir -p munge state spool && chmod 755 munge
    munged --foreground --force --key-file="$work/munge.key" --socket="$work/munge/socket" \
        --pid-file="$work/munge/pid" --log-file="$work/munge.log" --seed-file="$work/munge/seed" >>munge.log 2>&1 &
    started+=($!)
    cat >slurm.conf <<END
ClusterName=loopback
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmUser=$user
SlurmdUser=$user
AuthInfo=socket=$work/munge/socket
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool/%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdTimeout=10
ReturnToService=2
NodeName=one NodeHostname=$host NodeAddr=127.0.0.1 Port=16818 CPUs=1 RealMemory=2000
NodeName=two NodeHostname=$host NodeAddr=127.0.0.1 Port=16819 CPUs=1 RealMemory=2000
PartitionName=main Nodes=one,two Default=YES MaxTime=INFINITE State=UP
END
    export SLURM_CONF=$work/slurm.conf
    until_true 10 test -S munge/socket
    slurmctld -D -f slurm.conf >>controller.log 2>&1 &
    started+=($!)
    until_true 20 scontrol ping
    node one
    node two
    until_true 60 nodes_idle
}

nodes_idle() { [ "$(sinfo -h -t idle -o %D)" = 2 ]; }
node_one_is() { sinfo -h -n one -o %T | grep -q "^$1"; }
none_queued() { [ -z "$(squeue -h)" ]; }
first_node_works() { squeue -h -w one -t running -o %i | grep -q . && compgen -G 'by-slurm/part-*/rows/*.csv'; }

# All of a node at once: its daemon and everything that it started, as when the power goes.
node_fails() {
    local daemon step
    daemon=$(cat one.pid)
    for step in $(pgrep -f "slurmstepd: \[.*\]"); do
        if grep -qz 'SLURMD_NODENAME=one' "/proc/$(pgrep -P "$step" | head -n 1)/environ" 2>/dev/null; then
            pkill -KILL -g "$(ps -o pgid= -p "$(pgrep -P "$step" | head -n 1)" | tr -d ' ')" || true
            kill -KILL "$step"
        fi
    done
    kill -KILL "$daemon"
}

with_slurm() {
    export PATH=$PATH:/usr/sbin
    local job
    needed slurmctld slurm-wlm
    needed munged munge
    say "Slurm: $(slurmctld -V)"
    controller
    "$tunemark" sweep spec.yaml --out by-slurm --slurm 3 >job.sh
    job=$(sbatch --parsable job.sh)
    say "job $job: $(grep -c . job.sh) lines, 3 parts on two nodes"
    until_true 120 first_node_works
    squeue -o '%i %T %N'
    node_fails
    say "node one has failed: $(find by-slurm/part-*/rows -name '*.csv' | wc -l) rows are there"
    until_true 60 node_one_is down
    node one
    until_true 600 none_queued
    say "the controller's log:"
    grep -h 'requeue\|not responding\|NODE_FAIL' controller.log | head -n 5
    bash -c "$(sed -n 's/^#   \(for part in\)/\1/p' job.sh)"
    "$tunemark" sweep spec.yaml --out by-slurm 2>&1 | tail -n 1
    same by-slurm
}

say "a local sweep"
"$tunemark" sweep spec.yaml --out local --jobs 2 2>&1 | tail -n 1
for one in $which; do "with_$one"; done
