#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# t/prove.sh: what failed is the last that is said, and all of the rest is said too.
. "${0%/*}/lib.sh"

cat >good.t <<'END'
echo 1..1; echo 'a word of the good one' >&2; echo ok - good
END
cat >bad.t <<'END'
echo 1..2; echo ok - first; echo 'not ok - second'
printf '# %s: not ok - second\n#   why\n' "$0" >&2
exit 1
END
cat >dead.t <<'END'
exit 3
END
cat >bail.t <<'END'
echo 'Bail out! cannot go on'
END
CTR_FAILED=$PWD/failed
export CTR_FAILED

out_like='*good.t *Result: PASS' err='a word of the good one'
check 'all is well' 0 "$top/t/prove.sh" -e sh good.t
ok 'nothing failed' test ! -e failed

"$top/t/prove.sh" -e sh good.t bad.t dead.t >got 2>err
is 'what fails is a failure' "$?" 1
like 'and last of all is what' "$(cat got)" '*Result: FAIL
# bad.t: not ok - second
Test Summary Report
*bad.t *Failed test:  2*dead.t *Result: FAIL'
is 'the same for who says it again' "$(cat failed)" "$(tail -n "$(wc -l <failed)" got)"
is 'why is on stderr' "$(cat err)" 'a word of the good one
# bad.t: not ok - second
#   why'
"$top/t/prove.sh" -e sh bail.t >got 2>err
status=$?
like 'who bails out is a failure' "$status $(cat got)" '[1-9]*Result: FAIL
FAILED--Further testing stopped: cannot go on
Test Summary Report*'
done_testing
