// See guest_scripts.hpp.
#include "guest_scripts.hpp"

namespace proxmox {

// clang-format off: the scripts are not C++

// "./" before a relative name: it may begin with a dash. CDPATH would lead it elsewhere.
const std::string_view kRunScript = R"sh(case $1 in
'') cd "$HOME" 2>/dev/null || cd / ;;
/*) cd "$1" || exit ;;
*) CDPATH= cd "./$1" || exit ;;
esac
exec sh -c "$2")sh";

// grep alone would do, but busybox's stops at the first NUL byte of an environment. Name and marker
// meet in a variable: this script's own command line must not be found, and its environment has no
// marker. TERM in the first round, KILL from the twentieth (1 s) on, and twenty more to look.
const std::string_view kSweepScript =
    R"sh([ -r /proc/self/environ ] || { echo mre-sweep:unsupported; exit; }
k="MRE_GUEST_CALL=$1"
holders() {
  for e in /proc/[0-9]*/environ; do
    tr '\0' '\n' <"$e" 2>/dev/null | grep -qxF -e "$k" && { p=${e#/proc/}; echo "${p%/*}"; }
  done 2>/dev/null
}
n=0
while :; do
  f=$(holders)
  [ -z "$f" ] && break
  [ $n -ge 40 ] && break
  s=
  [ $n -eq 0 ] && s=TERM
  [ $n -ge 20 ] && s=KILL
  [ -n "$s" ] && kill -$s $f 2>/dev/null
  n=$((n+1))
  sleep 0.05 2>/dev/null || { sleep 1; n=$((n+19)); }
done
if [ -n "${2-}" ]; then
  t=$(readlink -f "$2" 2>/dev/null; echo .); t=${t%??}
  case $t in /*) ;; *) t=$2 ;; esac
  p=${t%/*}
  rm -f "$p/$3"
fi
[ -z "$f" ] && echo mre-sweep:gone || echo mre-sweep:alive
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

// The report ends with NUL, because a name may hold anything else.
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
if [ "$2" = 0 ] && [ -z "$3" ]; then
  cat "$t"; c=$?
elif [ -z "$3" ]; then
  tail -c +$(($2+1)) "$t"; c=$?
else
  tail -c +$(($2+1)) "$t" | head -c "$3"; c=$?
fi
h=
[ "$5" = 1 ] && h=$(sha256sum <"$t" 2>/dev/null)
h=${h%% *}
[ ${#h} = 64 ] || h=----------------------------------------------------------------
printf 'mre-end %s %03d' $h $c
)sh";

// clang-format on

} // namespace proxmox
