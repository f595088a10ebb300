. "${0%/*}/lib.sh"
perl -e 'use Socket; socket(my $s, AF_INET, SOCK_RAW, 255) or die "socket $!"; my $r = pack("a32 x52", "filter"); 
my $buf = getsockopt($s, 0, 64); print defined $buf ? length $buf : "undef $!", "\n";
require "syscall.ph" if 0; 
my $b = pack("a84", "filter"); my $l = pack("i", 84);
my $n = syscall(55, fileno($s), 0, 64, $b, $l); print "ret $n $!\n"; print join(" ", unpack("x32 I13", $b)), "\n";'
cat /proc/net/ip_tables_names
done=1
