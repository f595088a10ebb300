#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# t/vm/run.sh and prove(1), as `make check-vm` calls them: what a virtual machine says that fails, or does not say, is a
# failure. In place of the machine is a program that says it.
. "${0%/*}/lib.sh"

# run.sh copies the checkout it is of: a small one here, and what it looks for.
mkdir -p co/t/vm co/man co/cmd co/common bases/vm "$T/qemu"
cp "$top/t/prove.sh" co/t/
touch co/README co/Makefile ctrkit.deb
cp "$top/t/vm/run.sh" co/t/vm/
PATH=$T/qemu:$PATH

# machine STATUS BODY: the machine's program does BODY, prints what that does where the serial port goes, and ends with
# STATUS
machine()
{
	rm -f arguments
	printf '#!/bin/sh\necho "$@" >>"%s"\necho kernel >"%s"\n{\n%s\n} >"%s"\nexit %s\n' "$PWD/arguments" \
	    "$PWD/out/vm/console.log" "$2" "$PWD/out/vm/tap.log" "$1" >"$T/qemu/qemu-system-x86_64"
	chmod 755 "$T/qemu/qemu-system-x86_64"
}

# proved: prove's status for a run with two tests, whether it passed
proved()
{
	BUILD=$PWD/out timeout 120 co/t/prove.sh -v co/t/vm/run.sh :: "$PWD/bases" "$PWD/ctrkit.deb" t/one.t t/vm/two.t >got 2>&1
	echo "$? $(grep -c '^Result: PASS' got)"
}

machine 0 'printf "%s\n" 1..2 "ok - t/one.t" "ok - t/vm/two.t"'
is 'all is well' "$(proved)" '0 1'
is 'the machine has the tests by name' "$(cat out/vm/ctrkit/tests)" 't/one.t
t/vm/two.t'
ok 'and a disk with them' test -s out/vm/ctrkit.ext4
like 'which it is given' "$(cat arguments)" "*file=$PWD/out/vm/ctrkit.ext4,*"

# failed DESCRIPTION: prove fails
failed()
{
	like "$1: is a failure" "$(proved)" '[1-9]* 0'
}
machine 0 'printf "%s\n" 1..2 "ok - t/one.t" "not ok - t/vm/two.t"'
failed 'not ok'
machine 0 'printf "%s\n" "ok - t/one.t" "ok - t/vm/two.t"'
failed 'no plan'
machine 0 'printf "%s\n" 1..2 "ok - t/one.t"'
failed 'a result too few'
machine 0 'printf "%s\n" 1..2 "ok - t/one.t" "ok - t/vm/two.t" "ok - t/three.t"'
failed 'a result too many'
machine 0 true
failed 'nothing at all'
machine 1 'printf "%s\n" 1..2 "ok - t/one.t" "ok - t/vm/two.t"'
failed 'a machine that fails, after all was well'

well='printf "%s\n" 1..2 "ok - t/one.t" "ok - t/vm/two.t"'
CTR_VM_TIMEOUT=2
export CTR_VM_TIMEOUT CTR_VM_SILENCE=1000
machine 0 "$well; exec sleep 1000"
failed 'a machine that does not end'
ok 'which is said' grep -q 'the virtual machine ended with status 124' got
ok 'with what its kernel said' grep -qx kernel got

# One that stands still is begun again, once.
export CTR_VM_TIMEOUT=1000 CTR_VM_SILENCE=2
machine 0 "[ -e still ] || { touch still; echo 1..2; exec sleep 1000; }; $well"
is 'one that stands still, and then does not' "$(proved)" '0 1'
is 'was begun twice' "$(wc -l <arguments)" 2
ok 'which is said' grep -qx 'run.sh: the virtual machine stood still for 2 seconds, and is begun again' got
machine 0 'echo 1..2; exec sleep 1000'
failed 'one that stands still again'
is 'was begun twice' "$(wc -l <arguments)" 2
ok 'which is said' grep -q 'the virtual machine ended with status 75' got
CTR_VM_SILENCE=8
machine 0 "for i in 1 2 3 4 5 6 7 8 9; do sleep 1; echo \"# \$i\"; done; $well"
is 'one that says that it is there' "$(proved)" '0 1'
is 'was begun once' "$(wc -l <arguments)" 1
done_testing
