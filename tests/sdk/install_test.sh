#!/usr/bin/env bash
# What a third-party author gets: installs into a scratch prefix and builds plugins against nothing else, with the
# other compiler, in three languages, as `plugins new` writes them; runs their tests, and loads them into the server.
#
#   install_test.sh BUILD_FOLDER SOURCE_FOLDER OTHER_CXX
# A compiler that is missing is a loud SKIPPED line, not a pass.
set -euo pipefail
build=$1 source=$2 other=${3:-}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/prefix
say() { printf '[sdk] %s\n' "$*"; }
quiet() { "$@" >"$scratch/log" 2>&1 || { cat "$scratch/log"; say "FAILED: $*"; exit 1; }; }

quiet cmake --install "$build" --prefix "$prefix"
export CMAKE_PREFIX_PATH=$prefix PATH=$prefix/bin:$PATH
umask 022
export I_ACCEPT_RISKS=true HOST=192.0.2.1 SSH_PASSWORD=not-used-here XDG_CONFIG_HOME=$scratch MRE_STATE_DIR=$scratch/state
cd "$scratch"

say "examples/out_of_tree with ${other:-the same compiler}, its runtime linked in"
cp -r "$prefix/share/doc/mcp-remote-exec/examples/out_of_tree" disk
static=()
[ -z "$other" ] || static=(-DCMAKE_CXX_COMPILER="$other" -DCMAKE_MODULE_LINKER_FLAGS=-static-libstdc++\ -static-libgcc)
quiet cmake -S disk -B disk/build -DCMAKE_BUILD_TYPE=Debug "${static[@]}"
quiet cmake --build disk/build -j2
quiet ctest --test-dir disk/build --output-on-failure

say "plugins new new_c --c"
quiet mcp-remote-exec plugins new new_c --c
quiet cmake -S new_c -B new_c/build -DCMAKE_BUILD_TYPE=Debug
quiet cmake --build new_c/build -j2
quiet ctest --test-dir new_c/build --output-on-failure --no-tests=error

say "the commands of docs/writing-plugins.md, in their order"
awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$prefix/share/doc/mcp-remote-exec/docs/writing-plugins.md" >commands.sh
[ "$(grep -c . commands.sh)" -ge 9 ] || { say "FAILED: the document has no commands"; exit 1; }
quiet bash -euo pipefail commands.sh
plugins=$scratch/disk/build/disk.so:$scratch/new_c/build/new_c.so:$scratch/first_one/build/first_one.so
wanted='disk_usage new_c_kernel first_one_kernel'

if command -v rustc >/dev/null; then
  say "plugins new new_rust --rust"
  quiet mcp-remote-exec plugins new new_rust --rust
  mkdir -p new_rust/target/release
  # As cargo does for this crate; cargo itself may not be there, or may want the network.
  quiet rustc --edition 2021 --crate-type cdylib --crate-name new_rust -O -C link-arg=-Wl,-z,now \
    -C link-arg=-Wl,-z,nodelete -o new_rust/target/release/libnew_rust.so new_rust/src/lib.rs
  quiet mre-check new_rust/target/release/libnew_rust.so --script new_rust/new_rust_test.json
  plugins=$plugins:$scratch/new_rust/target/release/libnew_rust.so
  wanted="$wanted new_rust_kernel"
else
  say "SKIPPED: no rustc here, so the Rust plugin was not built"
fi

say "pkg-config gives a C author what he needs"
export PKG_CONFIG_PATH=$prefix/share/pkgconfig
# shellcheck disable=SC2046
quiet cc -std=c11 -Wall -Wextra -Wpedantic -Werror -shared -fPIC -fvisibility=hidden $(pkg-config --cflags mre) \
  -o by_hand.so "$source/examples/c/sample.c"

say "the server loads them"
MRE_PLUGINS=$plugins mcp-remote-exec tools >tools.txt || { cat tools.txt; say "FAILED: mcp-remote-exec tools"; exit 1; }
for tool in $wanted; do
  grep -qE "^$tool .*visible" tools.txt || { cat tools.txt; say "FAILED: $tool is not visible"; exit 1; }
done
say "done"
