// See guest_scripts.hpp.
#include "guest_scripts.hpp"

namespace proxmox {

// clang-format off: the scripts are not C++

// "./" before a relative name: it may begin with a dash. CDPATH would lead it elsewhere. The shell
// stays while the command runs, so that what the command becomes (env -i, su -) has a parent that
// carries the marker; what it would say of a command that was killed is not the command's output.
const std::string_view kRunScript = R"sh(case $1 in
'') cd "$HOME" 2>/dev/null || cd / ;;
/*) cd "$1" || exit ;;
*) CDPATH= cd "./$1" || exit ;;
esac
exec 3>&2 2>/dev/null
(exec sh -c "$2" 2>&3 3>&-)
exit $?)sh";

// The agent tells a signal from an exit code, and the number of a process it gave up on.
const std::string_view kAgentRunScript = R"sh(case $1 in
'') cd "$HOME" 2>/dev/null || cd / ;;
/*) cd "$1" || exit ;;
*) CDPATH= cd "./$1" || exit ;;
esac
exec sh -c "$2")sh";

// The family of a command: what carries the marker, what was seen of it before, and all that comes
// from these, whatever it made of its environment. A process is known by its number and its start
// (fields 1 and 22 of proc(5)'s stat). grep alone would do for the marker, but busybox's stops at
// the first NUL byte of an environment. Name and marker meet in a variable: this script's own
// command line must not be found, and its environment has no marker; that of others is read only in
// every fifth round. TERM in the first round, KILL from the twentieth (1 s) on, and twenty more to
// look.
const std::string_view kSweepScript =
    R"sh([ -r /proc/self/environ ] || { echo mre-sweep:unsupported; exit; }
k="MRE_GUEST_CALL=$1" path=${2-} temporary=${3-} first=${4-} seen=' '
look() {
  all= f=' '
  for e in /proc/[0-9]*/stat; do
    { read -r l <"$e"; } 2>/dev/null || continue
    set -- ${l##*) }
    case $1 in [ZX]) continue ;; esac
    p=${e#/proc/} p=${p%/stat} d=$2
    shift 19
    all="$all $p.$1:$d"
    case $seen in *" $p.$1 "*) f="$f$p "; continue ;; esac
    [ "$p" = "$first" ] && { f="$f$p "; continue; }
    case $other in *" $p.$1 "*) continue ;; esac
    if tr '\0' '\n' <"/proc/$p/environ" 2>/dev/null | grep -qxF -e "$k"; then
      f="$f$p "
    else
      other="$other$p.$1 "
    fi
  done 2>/dev/null
  m=1
  while [ $m = 1 ]; do
    m=0
    for q in $all; do
      i=${q%:*} p=${q%%.*}
      case $f in *" $p "*) ;; *" ${q#*:} "*) f="$f$p " m=1 ;; esac
      case $f in *" $p "*) case $seen in *" $i "*) ;; *) seen="$seen$i " ;; esac ;; esac
    done
  done
}
n=0
while :; do
  [ $((n%5)) -eq 0 ] && other=' '
  look
  first=
  [ "$f" = ' ' ] && break
  [ $n -ge 40 ] && break
  s=
  [ $n -eq 0 ] && s=TERM
  [ $n -ge 20 ] && s=KILL
  [ -n "$s" ] && kill -$s $f 2>/dev/null
  n=$((n+1))
  sleep 0.05 2>/dev/null || { sleep 1; n=$((n+19)); }
done
if [ -n "$temporary" ]; then
  t=$(readlink -f "$path" 2>/dev/null; echo .); t=${t%??}
  case $t in /*) ;; *) t=$path ;; esac
  p=${t%/*}
  rm -f "$p/$temporary"
fi
[ "$f" = ' ' ] && echo mre-sweep:gone || echo mre-sweep:alive
)sh";

// The bytes go to a temporary name that only the owner can read, beside the file a link leads to.
// They end with a trailer that says how many they are and what their digest is, so a stream that
// was cut is seen here, where the temporary file can be removed even when nobody is connected any
// more. ln puts a new file in place only when nobody made one meanwhile.
const std::string_view kWriteScript = R"sh(umask 077
size() { stat -c %s "$1" 2>/dev/null || wc -c <"$1"; }
fail() { printf 'mre-fail %s %s\n' "$1" "$2"; exit 1; }
t=$(readlink -f "$1" 2>/dev/null; echo .); t=${t%??}
case $t in /*) ;; *) t=$1 ;; esac
case $1 in */) fail is_directory "$1" ;; esac
[ -d "$t" ] && fail is_directory "$t"
p=${t%/*}; [ -n "$p" ] || p=/
if [ ! -d "$p" ]; then
  [ -e "$p" ] && fail not_directory "$p"
  [ "$4" = 1 ] || fail no_parent "$p"
  (umask 022; mkdir -p "$p") || fail make_parents "$p"
  t=$(readlink -f "$t" 2>/dev/null; echo .); t=${t%??}
  case $t in /*) ;; *) t=$1 ;; esac
  p=${t%/*}; [ -n "$p" ] || p=/
fi
e=0; [ -e "$t" ] && e=1
[ $e = 1 ] && [ ! -f "$t" ] && fail not_regular "$t"
[ $e = 1 ] && [ "$3" != 1 ] && fail exists "$t"
w=${p%/}/$2
trap 'rm -f "$w"' EXIT
trap 'exit 1' HUP INT TERM PIPE
set -C; : >"$w" || fail create "$p"; set +C
cat >"$w" || fail write "$p"
s=$(size "$w"); s=$((s))
[ $s -ge 86 ] || fail incomplete $s
z=$(tail -c 86 "$w"); n=$((s-86))
[ "${z#* }" = "$(printf %020d $n)" ] || fail incomplete $n
h=${z%% *}
dd if=/dev/null of="$w" bs=1 seek=$n count=0 conv=fsync 2>/dev/null || truncate -s $n "$w" || fail write "$p"
[ $(($(size "$w"))) = $n ] || fail write "$p"
v=size
if [ "$6" = digest ] || { [ "$6" = auto ] && [ $n -ge 65536 ]; }; then
  if g=$(sha256sum <"$w" 2>/dev/null); then
    g=${g%% *}
    [ "$g" = "$h" ] || fail differs "$g"
    v=digest
  elif [ "$6" = digest ]; then
    fail no_digest "$p"
  fi
fi
if [ $e = 1 ]; then
  o=$(stat -c %u:%g "$t") && m=$(stat -c %a "$t") || fail owner "$t"
  chown "$o" "$w" || fail owner "$t"
  m=${5:-$m}
else
  m=${5:-644}
fi
chmod "$m" "$w" || fail mode "$t"
if [ "$3" = 1 ] || ! ln "$w" "$t" 2>/dev/null; then
  [ "$3" = 1 ] || [ ! -e "$t" ] || fail exists "$t"
  mv -f "$w" "$t" || fail rename "$t"
fi
printf 'mre-ok %s %s %s %s %s\n' $n $v $e $m "$t"
)sh";

// The report ends with NUL, because a name may hold anything else. The digest is made beside the
// stream, so that both read the file once from the disk and neither waits for the other.
const std::string_view kReadScript = R"sh(fail() { printf 'mre-fail %s %s\n' "$1" "$2"; exit 1; }
t=$(readlink -f "$1" 2>/dev/null; echo .); t=${t%??}
case $t in /*) ;; *) t=$1 ;; esac
[ -e "$t" ] || fail missing "$1"
k=other; [ -f "$t" ] && k=file; [ -d "$t" ] && k=directory
i=$(stat -c '%s %a %u %g %Y' "$t") || fail stat "$t"
n=${i%% *}
if [ "$6" != 1 ]; then
  [ $k = directory ] && fail is_directory "$t"
  [ $k = file ] || fail not_regular "$t"
  [ -z "$4" ] || [ "$n" -le "$4" ] || fail too_large "$n"
  [ -r "$t" ] || fail unreadable "$t"
fi
printf 'mre-file %s %s %s\0' $k "$i" "$t"
[ "$6" = 1 ] && exit
h= c=0
if [ "$2" = 0 ] && [ -z "$3" ]; then
  if [ "$5" = 1 ]; then
    exec 3>&1
    h=$(sha256sum <"$t" 2>/dev/null & cat "$t" >&3; c=$?; wait; exit $c); c=$?
  else
    cat "$t"; c=$?
  fi
elif [ -z "$3" ]; then
  tail -c +$(($2+1)) "$t"; c=$?
else
  tail -c +$(($2+1)) "$t" | head -c "$3"; c=$?
fi
h=${h%% *}
[ ${#h} = 64 ] || h=----------------------------------------------------------------
printf 'mre-end %s %03d' $h $c
)sh";

// clang-format on

} // namespace proxmox
