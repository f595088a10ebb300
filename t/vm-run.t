#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# t/vm/run.sh and prove(1), as `make check-vm` calls them: what a virtual machine says that fails, or does not say, is a
# failure. In place of the machine is a program that says it.
. "${0%/*}/lib.sh"

# run.sh copies the checkout it is of: a small one here, and what it looks for.
mkdir -p co/t/vm co/man co/cmd co/common bases/vm "$T/qemu"
touch co/README co/Makefile ctrkit.deb
cp "$top/t/vm/run.sh" co/t/vm/
PATH=$T/qemu:$PATH

# machine STATUS BODY: the machine's program does BODY and ends with STATUS
machine()
{
	printf '#!/bin/sh\necho "$@" >"%s"\n%s\nexit %s\n' "$PWD/arguments" "$2" "$1" >"$T/qemu/qemu-system-x86_64"
	chmod 755 "$T/qemu/qemu-system-x86_64"
}

# proved: prove's status for a run with two tests, whether it passed
proved()
{
	BUILD=$PWD/out timeout 120 prove -v co/t/vm/run.sh :: "$PWD/bases" "$PWD/ctrkit.deb" t/one.t t/vm/two.t >got 2>&1
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
machine 0 'printf "%s\n" 1..2 "ok - t/one.t" "ok - t/vm/two.t"; exec sleep 1000'
export CTR_VM_TIMEOUT=1
failed 'a machine that does not end'
ok 'which is said' grep -q 'the virtual machine ended with status 124' got
done_testing
