# What the sessions of OpenLDAP's clients are made of. They print a transcript that says the same for every server that
# does the same: only what the protocol leaves open is taken out (order of entries, attributes and values, texts of
# diagnostics, ids, times).
#
# Wants in the environment: URI, LDAPS_URI, LDAPI_URI, CA, OTHER_CA, CLIENT_CERTIFICATE, CLIENT_KEY, WORK (a directory).
suffix=dc=example,dc=com
admin=(-x -D "cn=admin,$suffix" -w secret)
ada=(-x -D "uid=ada,ou=people,$suffix" -w secret-ada)

printf 'URI %s\nBASE %s\nTLS_CACERT %s\nTLS_REQCERT demand\nSASL_NOCANON on\n' "$URI" "$suffix" "$CA" >"$WORK/ldap.conf"
export LDAPCONF=$WORK/ldap.conf
exec </dev/null

# Prints what a client printed in one spelling. Entries are sorted unless $1 is "ordered", their lines always.
normalise() {
  perl -0777 -e '
    my $ordered = shift @ARGV; my $text = <STDIN>;
    $text =~ s/\n //g;                                             # folded lines
    $text =~ s/^#.*\n//mg;
    $text =~ s/^(search|version): \d+\n//mg;
    $text =~ s/^\s*(?:additional info(?:rmation)?|text):.*\n//mgi;
    $text =~ s/^control: (\S+ \w+) \S+$/control: $1/mg;            # what is in it follows in words
    $text =~ s/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/UUID/g;
    $text =~ s/\b\d{14}\.\d{6}Z#\w{6}#\w{3}#\w{6}/CSN/g;
    $text =~ s/\b\d{14}Z/TIME/g;
    # The estimate is optional, the cookie opaque.
    $text =~ s/^pagedresults: .*?cookie=(\S*)$/"pagedresults: cookie=" . (length $1 ? "*" : "")/mge;
    # Names in one spelling (RFC 4514 leaves several): characters, not pairs of digits, and no more escapes than need be.
    $text =~ s/\\(20|22|23|2B|2C|3B|3C|3D|3E|5C)/"\\".chr(hex $1)/ge;
    $text =~ s/\\=/=/g;
    my (@entries, @rest);
    for my $block (split /\n{2,}|\n(?=dn:|control:)/, $text =~ s/^\n+//r) {
      my @lines = grep { length } split /\n/, $block;
      if ($block =~ /^dn:/) {
        my $dn = shift @lines;
        push @entries, join("\n", $dn, sort map { s/^([^:]+)/lc $1/er } @lines);
      } else { push @rest, @lines; }
    }
    @entries = sort { ($a =~ s|\n.*||sr) cmp ($b =~ s|\n.*||sr) } @entries unless $ordered;
    print "$_\n" for @entries, @rest;' -- "${1:-}"
}

# step NAME STATUS COMMAND...: runs it and prints the name, the exit status (the result code, with these clients) and the
# output. A status other than the one the RFCs ask for is marked. Who is told that the server is busy (51) asks again: slapd
# answers so when the next sorted page is asked for before it has put the last one away.
step() {
  local name=$1 expected=$2 status attempt
  shift 2
  for attempt in {1..20}; do
    status=0
    "$@" >"$WORK/out" 2>&1 || status=$?
    ((status == 51)) || break
  done
  printf '### %s\nstatus %s' "$name" "$status"
  ((status == expected)) || printf ' (should be %s)' "$expected"
  printf '\n'
  normalise "${ordered:+ordered}" <"$WORK/out"
}

search() { step "$1" "$2" ldapsearch -o ldif_wrap=no "${admin[@]}" "${@:3}"; }
ordered_search() { ordered=1 search "$@"; }
change() { step "$1" "$2" ldapmodify "${admin[@]}" "${@:3}"; }
# state NAME DN [ATTRIBUTE...]: what an entry holds now.
state() { search "$1" 0 -b "$2" -s base '(objectClass=*)' "${@:3}"; }
