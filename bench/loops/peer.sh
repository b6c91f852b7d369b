#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The peer of EngineBenchmark: the same loops under QEMU's TCG, in million instructions per second of processor time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

build=../target/loops
# Rounds to run, and instructions of one round (on average, as the engine counts them).
loops=(mixed:4000:211741 sha:20000:176151 memory:12000:63500 calls:60000:22351 pages:20000:10248)

# Processor seconds of a run; start-up cancels out between two lengths.
seconds() {
    local TIMEFORMAT=%U
    make -s CFLAGS_START="-DROUNDS=$2" BUILD="$build/$1-$2" "$build/$1-$2/$1.elf"
    objcopy -O elf32-i386 "$build/$1-$2/$1.elf" "$build/$1-$2/$1.kernel" 2>/dev/null
    { time qemu-system-x86_64 -accel tcg -nodefaults -display none -no-reboot -m 64 \
        -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$build/$1-$2/$1.kernel" >&2 || true; } 2>&1
}

for loop in "${loops[@]}"; do
    IFS=: read -r name rounds instructions <<<"$loop"
    short=$(seconds "$name" 1)
    long=$(seconds "$name" "$rounds")
    awk "BEGIN { printf \"%-8s %6.0f MIPS\\n\", \"$name\", $rounds * $instructions / ($long - $short) / 1e6 }"
done
