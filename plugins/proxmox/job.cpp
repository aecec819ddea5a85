// See job.hpp.
#include "job.hpp"

#include "parse.hpp"
#include "schemas.hpp"

#include <charconv>
#include <string_view>

namespace proxmox {

namespace {

constexpr std::size_t kShownLines = 20;
constexpr std::size_t kLogBytes = std::size_t{1} << 20U;
// Alone on the first line, with the node's clock; alone on the last.
constexpr std::string_view kBegun = "mre-proxmox:begun ";
constexpr std::string_view kGoesOn = "mre-proxmox:goes-on\n";
constexpr std::string_view kOurMarks = "mre-proxmox:";
// Beyond the wait: finding the program, and the last look.
constexpr std::chrono::seconds kMargin{60};

// clang-format off: the script is not C++
// $1 seconds to wait, $2 an option whose value is a file with standard input, or nothing; then the
// command. It runs in a session of its own with its output in files, so nothing it prints is lost
// or blocks when nobody reads any more.
constexpr std::string_view kScript = R"sh(w=$1; k=$2; shift 2
umask 077
d=$(mktemp -d "${TMPDIR:-/tmp}/mre-job-XXXXXXXX") || exit
trap 'rm -rf "$d"; exit 143' HUP INT TERM
: >"$d/out"
[ -z "$k" ] || { cat >"$d/in" && set -- "$@" "$k" "$d/in"; } || exit
b=$(date +%s)
echo "mre-proxmox:begun $b"
setsid sh -c 'd=$1; shift
"$@" >"$d/out" 2>"$d/err" </dev/null
echo $? >"$d/c"; mv "$d/c" "$d/code"
[ ! -e "$d/left" ] || rm -rf "$d"' sh "$d" "$@" >/dev/null 2>&1 </dev/null &
o=0
show() {
  s=$(($(wc -c <"$d/out")))
  [ $s -gt $o ] && { tail -c +$((o+1)) "$d/out" | head -c $((s-o)); o=$s; }
}
finish() { show; cat "$d/err" >&2; c=$(cat "$d/code"); rm -rf "$d"; exit $c; }
while :; do
  [ -e "$d/code" ] && finish
  [ $(($(date +%s)-b)) -ge $w ] && break
  sleep 0.1 2>/dev/null || sleep 1
  show
done
: >"$d/left"
[ -e "$d/code" ] && finish
echo mre-proxmox:goes-on
)sh";
// clang-format on

// The newest running task of the kind that began with the job.
std::string find_upid(const Node &node, const Job &job, std::int64_t begun) {
  try {
    const std::string text =
        node.run_one({"pvesh", {"get", "/cluster/tasks", "--output-format", "json"}});
    std::optional<Upid> found;
    for (const mre::json &row : parse_json(text, "pvesh get /cluster/tasks")) {
      const auto upid = parse_upid(text_at(row, "upid"));
      const bool is_of_kind =
          upid && (upid->type == job.task_type || upid->type == job.other_task_type);
      if (is_of_kind && upid->id == std::to_string(job.id) && upid->start >= begun &&
          !has_ended(row) && (!found || is_newer(*upid, *found))) {
        found = upid;
      }
    }
    return found ? found->text : std::string();
  } catch (const mre::Error &error) {
    if (error.status() == MRE_CANCELLED) {
      throw;
    }
    return {}; // the job runs; only its name is not known
  }
}

// Tells each line as progress and keeps them, of very many the last.
class JobLog {
public:
  explicit JobLog(const mre::Call &call) : call_(call) {}

  void take(std::string_view chunk) {
    text_.append(chunk);
    ++chunks_;
    if (begun_ == 0) {
      take_begin();
    }
    if (text_.size() > kLogBytes) {
      text_.erase(0, text_.size() - kLogBytes / 2);
    }
    const std::vector<std::string> last = last_lines(chunk, 1);
    if (!last.empty() && last.front().substr(0, kOurMarks.size()) != kOurMarks) {
      call_.progress(static_cast<double>(chunks_), 0, last.front());
    }
  }
  // At the end: does the job go on? Its mark is no line of the log.
  bool take_goes_on() {
    const std::size_t at = text_.rfind(kGoesOn);
    const bool goes_on = at != std::string::npos && at + kGoesOn.size() == text_.size();
    text_.resize(goes_on ? at : text_.size());
    return goes_on;
  }
  std::int64_t begun() const { return begun_; } // by the node's clock; 0: it did not say
  std::string &text() { return text_; }

private:
  void take_begin() {
    const std::size_t end = text_.find('\n');
    if (end == std::string::npos || text_.compare(0, kBegun.size(), kBegun) != 0) {
      return;
    }
    std::from_chars(text_.data() + kBegun.size(), text_.data() + end, begun_);
    text_.erase(0, end + 1);
  }

  const mre::Call &call_;
  std::string text_;
  std::int64_t begun_ = 0;
  std::uint64_t chunks_ = 0;
};

// What root runs for another login, that login cannot end: the node has to.
void stop_task_of(const Node &node, const Job &job, std::int64_t begun) {
  try {
    const Node detached = node.detached();
    if (const std::string upid = find_upid(detached, job, begun); !upid.empty()) {
      const auto parts = parse_upid(upid);
      detached.run_one({"pvesh", {"delete", "/nodes/" + parts->node + "/tasks/" + upid}});
    }
  } catch (const mre::Error &error) { // the cancel is told in any case
    mre::Log(node.host())
        .warn("proxmox.task_goes_on", {{"host", node.name()}, {"why", error.what()}});
  }
}

} // namespace

JobResult run_job(const Node &node, const Job &job) {
  const std::vector<std::string> words{std::to_string(job.wait.count()), job.input_option};
  mre::Command command =
      node.command_for(script_line(kScript, words, job.command, node.login()), job.wait + kMargin);
  command.input = job.input;
  JobLog log(node.call());
  std::string err;
  mre::Sink out_sink([&log](std::string_view chunk) { log.take(chunk); });
  mre::Sink err_sink([&err](std::string_view chunk) {
    err.append(chunk.substr(0, kLogBytes - std::min(kLogBytes, err.size())));
  });
  const mre::Executed done = mre::Ssh(node.host()).run(node.call(), command, out_sink, err_sink);
  const Attempt attempt{describe(job.command), node.name()};
  if (done.outcome == MRE_OUTCOME_CANCELLED && node.login() == Login::other && log.begun() > 0) {
    stop_task_of(node, job, log.begun());
  }
  check_outcome(done, attempt);
  JobResult result;
  const bool goes_on = log.take_goes_on();
  result.log = std::move(log.text());
  if (done.exit_code != 0) {
    const mre::Error error = refusal(attempt, err, result.log);
    if (is_missing_guest(err)) {
      throw MissingGuest(error, node_in(err));
    }
    throw error;
  }
  result.is_finished = !goes_on;
  if (goes_on) {
    result.upid = find_upid(node, job, log.begun());
  }
  return result;
}

mre::json to_json(const JobResult &result) {
  return {{"state", result.is_finished ? "finished" : "running"},
          {"upid", result.upid.empty() ? mre::json() : mre::json(result.upid)},
          {"log", last_lines(result.log, kShownLines)}};
}

mre::Schema job_output(std::initializer_list<const char *> required, mre::Schema properties) {
  properties["state"] = one_of({"finished", "running"});
  properties["upid"] = text_or_null();
  properties["log"] = {{"type", "array"}, {"items", text()}};
  return output(required, std::move(properties));
}

std::string outcome_text(const JobResult &result) {
  if (result.is_finished) {
    return "finished.";
  }
  return "is still running; follow it with proxmox_task" +
         (result.upid.empty() ? std::string(" (action list).")
                              : " (action status, upid " + result.upid + ").");
}

} // namespace proxmox
