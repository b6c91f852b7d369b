#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the images under QEMU's own CPU emulation (no x2APIC, no paravirtual interface: those rows must say "skip").
# QEMU=... chooses another emulator with the same options.

images=$(dirname "$0")/images
failures=0

guest() { # image cpus command-line
    timeout "${LIMIT:-60}" "${QEMU:-qemu-system-x86_64}" -nodefaults -display none -serial stdio -no-reboot \
        -device isa-debug-exit,iobase=0xf4,iosize=4 -smp "$2" -m 64 -kernel "$images/$1.elf" -append "$3" 2>/dev/null
}

expect() { # name status wanted-status output pattern count
    lines=$(printf '%s\n' "$4" | grep -c -E "$5")
    if [ "$2" -eq "$3" ] && [ "$lines" -eq "$6" ]; then
        echo "ok   $1"
    else
        echo "FAIL $1: status $2 (wanted $3), $lines lines (wanted $6) match $5"
        printf '%s\n' "$4" | sed 's/^/     | /'
        failures=$((failures + 1))
    fi
}

for cpus in 1 2 4 17; do
    output=$(guest hello-smp $cpus ""); status=$?
    expect "hello-smp, $cpus CPUs" $status 1 "$output" '^(cpu [0-9]+ apic [0-9]+|hello-smp: '$cpus' cpus)$' $((cpus + 1))
done

for image in ipi-bench ipi-bench-twice ipi-bench32; do
    factor=1; [ $image = ipi-bench-twice ] && factor=2
    for mode in vanilla shorthand; do
        output=$(guest $image 4 "apic=xapic mode=$mode iterations=100"); status=$?
        sends=$((factor * 3)); [ $mode = shorthand ] && sends=$factor
        expect "$image $mode rows" $status 1 "$output" '^row apic=xapic mode='$mode' scenario=[a-z-]+ targets=[0-9]+ operations=100 ' 6
        expect "$image $mode sends" $status 1 "$output" 'scenario=broadcast(-lock)? targets=3 .* sends='$sends'$' 2
    done
    output=$(guest $image 1 "iterations=10"); status=$?
    expect "$image alone" $status 1 "$output" '^skip .* reason=no other CPU$' 3
    for options in "apic=x2apic-phys" "apic=x2apic-cluster" "mode=pv-ipi" "mode=hv-ipi"; do
        output=$(guest $image 2 "$options iterations=10"); status=$?
        expect "$image $options" $status 1 "$output" '^skip .* scenario=all reason=' 1
    done
    output=$(guest $image 2 "apic=apic"); status=$?
    expect "$image with a wrong option" $status 5 "$output" '^fail option apic=apic expected ' 1
done

output=$(guest synic-demo 2 "auto-eoi=off rounds=3"); status=$?
expect "synic-demo" $status 1 "$output" '^skip synic-demo reason=Hyper-V interface not offered$' 1

output=$(guest lost-ipi-halt 2 ""); status=$?
expect "lost-ipi-halt, 2 CPUs" $status 1 "$output" '^skip lost-ipi-halt ' 1
for cpus in 3 6; do
    output=$(LIMIT=5 guest lost-ipi-halt $cpus ""); status=$?
    expect "lost-ipi-halt, $cpus CPUs, hangs" $status 124 "$output" '^lost-ipi-halt: sent 0x41 to apic [0-9,]+; waiting$' 1
done

[ $failures -eq 0 ]
