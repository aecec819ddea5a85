#include "tests/transcripts/transcript.hpp"

#include "core/base/json.hpp"
#include "core/base/unique_fd.hpp"
#include "core/mcp/stdio_transport.hpp"
#include "tests/unit/mcp/fake_surface.hpp"

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace mre::mcp::testing {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe(ends) != 0) {
      throw std::runtime_error("no pipe");
    }
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  UniqueFd read, write;
};

// The two ends of the daemon's stdin and stdout, and the thread that serves them.
class Conversation {
public:
  explicit Conversation(const FakeOptions &options)
      : surface_(options),
        transport_(surface_.server(), surface_.log(),
                   {.input_fd = to_server_.read.get(), .output_fd = from_server_.write.get()}),
        thread_([this] {
          transport_.run();
          from_server_.write.reset();
        }) {}
  ~Conversation() {
    end_input();
    surface_.release_held();
    if (thread_.joinable()) {
      drain();
      thread_.join();
    }
  }

  FakeSurface &surface() { return surface_; }
  void end_input() { to_server_.write.reset(); }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(to_server_.write.get(), bytes.data(), bytes.size());
      if (count < 0) {
        throw std::runtime_error("the server does not read");
      }
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  // Nothing at the end of the output; throws when there is neither in time.
  std::optional<std::string> next_line() {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (true) {
      if (const auto line_end = received_.find('\n'); line_end != std::string::npos) {
        std::string line = received_.substr(0, line_end);
        received_.erase(0, line_end + 1);
        return line;
      }
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          end - std::chrono::steady_clock::now());
      if (!read_more(static_cast<int>(std::max<long>(0, left.count())))) {
        return std::nullopt;
      }
    }
  }

private:
  bool read_more(int wait_ms) {
    pollfd wait{from_server_.read.get(), POLLIN, 0};
    if (::poll(&wait, 1, wait_ms) <= 0) {
      throw std::runtime_error("no message within " + std::to_string(kPatience.count()) + " s");
    }
    char buffer[65536];
    const ssize_t count = ::read(from_server_.read.get(), buffer, sizeof buffer);
    if (count > 0) {
      received_.append(buffer, static_cast<std::size_t>(count));
    }
    return count > 0;
  }
  void drain() {
    try {
      while (next_line()) {
      }
    } catch (const std::exception &) {
      // The failure that brought us here is reported already.
    }
  }

  Pipe to_server_, from_server_;
  std::string received_;
  FakeSurface surface_;
  StdioTransport transport_;
  std::thread thread_;
};

class Player {
public:
  void play(const std::string &line) {
    const std::string_view text(line);
    if (text.empty() || text[0] == '#') {
      return;
    }
    if (text.substr(0, 3) == ">> ") {
      conversation().send(Json::parse(text.substr(3)).get<std::string>());
    } else if (text.substr(0, 3) == ">* ") {
      send_repeated(line.substr(3));
    } else if (text.substr(0, 2) == "> ") {
      conversation().send(fill_in(line.substr(2)) + "\n");
    } else if (text.substr(0, 2) == "< ") {
      expect(Json::parse(fill_in(line.substr(2))));
    } else if (text[0] == '~') {
      ignore(line.substr(1));
    } else if (text.substr(0, 2) == "= ") {
      keep(line.substr(2));
    } else if (text.substr(0, 2) == "! ") {
      happen(line.substr(2));
    } else {
      throw std::runtime_error("a line of no known kind");
    }
  }

  void finish() {
    conversation().end_input();
    if (const auto extra = conversation().next_line()) {
      throw std::runtime_error("left over at the end: " + extra->substr(0, 2000));
    }
  }

private:
  Conversation &conversation() {
    if (!conversation_) {
      conversation_ = std::make_unique<Conversation>(options_);
    }
    return *conversation_;
  }
  std::string fill_in(std::string text) const {
    for (const auto &[name, value] : kept_) {
      const std::string mark = "$" + name;
      for (auto at = text.find(mark); at != std::string::npos;
           at = text.find(mark, at + value.size())) {
        text.replace(at, mark.size(), value);
      }
    }
    return text;
  }
  void send_repeated(const std::string &rest) {
    std::istringstream words(rest);
    std::size_t times = 0;
    std::string literal;
    words >> times;
    std::getline(words >> std::ws, literal);
    const auto piece = Json::parse(literal).get<std::string>();
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
      all += piece;
    }
    conversation().send(all);
  }
  void ignore(const std::string &rest) {
    std::istringstream words(rest);
    ignored_.clear();
    for (std::string pointer; words >> pointer;) {
      ignored_.push_back(pointer);
    }
  }
  Json without_ignored(Json message) const {
    for (const auto &text : ignored_) {
      const Json::json_pointer pointer(text);
      if (message.contains(pointer)) {
        message[pointer.parent_pointer()].erase(pointer.back());
      }
    }
    return message;
  }
  void expect(const Json &expected) {
    const auto line = conversation().next_line();
    if (!line) {
      throw std::runtime_error("expected " + expected.dump() + "\n  but the output has ended");
    }
    last_ = Json::parse(*line);
    if (without_ignored(last_) != without_ignored(expected)) {
      throw std::runtime_error("expected " + without_ignored(expected).dump() + "\n  but got  " +
                               without_ignored(last_).dump().substr(0, 4000));
    }
  }
  void keep(const std::string &rest) {
    std::istringstream words(rest);
    std::string name, pointer;
    words >> name >> pointer;
    kept_[name] = last_.at(Json::json_pointer(pointer)).dump();
  }
  void happen(const std::string &rest) {
    std::istringstream words(rest);
    std::string word, argument;
    words >> word >> argument;
    if (word == "bare") {
      options_.has_content = false;
    } else if (word == "tasks") {
      options_.has_tasks = true;
      options_.times.task_after = std::chrono::hours(1); // only those that say so
    } else if (word == "lasting") {
      options_.times.task_after = std::chrono::milliseconds(1);
    } else if (word == "pages") {
      options_.extra_tools = std::stoul(argument);
    } else if (word == "impatient") {
      options_.times.input_timeout = std::chrono::milliseconds(1);
    } else if (word == "publish" || word == "unpublish") {
      conversation().surface().publish(word == "publish");
    } else if (word == "update") {
      conversation().surface().registry().resource_updated(argument);
    } else if (word == "release") {
      conversation().surface().release_held();
    } else if (word == "held") {
      if (!conversation().surface().wait_for_held(std::stoi(argument))) {
        throw std::runtime_error("the calls of hold did not begin");
      }
    } else if (word == "eof") {
      conversation().end_input();
    } else {
      throw std::runtime_error("nothing known happens by '" + word + "'");
    }
  }

  FakeOptions options_;
  std::vector<std::string> ignored_;
  std::map<std::string, std::string> kept_;
  Json last_;
  std::unique_ptr<Conversation> conversation_;
};

} // namespace

std::string play_transcript(const std::string &path) {
  std::ifstream file(path);
  if (!file) {
    return path + " cannot be read";
  }
  Player player;
  int number = 0;
  try {
    for (std::string line; std::getline(file, line);) {
      ++number;
      player.play(line);
    }
    player.finish();
  } catch (const std::exception &problem) {
    return path + ":" + std::to_string(number) + ": " + problem.what();
  }
  return {};
}

} // namespace mre::mcp::testing
