// See sweeper.hpp.
#include "sweeper.hpp"

#include "leftovers.hpp"
#include "object_name.hpp"

#include <set>

namespace imagekit {

namespace {

// A confirm that began in time, and clocks that differ.
constexpr std::int64_t kGraceSeconds = 600;

std::set<std::string> names_at_work(Desk &desk) {
  std::set<std::string> names;
  for (const Transfer &transfer : desk.store.all()) {
    if (!is_free(transfer, desk.store.now())) {
      for (const StoredObject &object : transfer.objects) {
        names.insert(object.name);
      }
    }
  }
  return names;
}

std::string age_text(std::int64_t seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  return seconds < 2 * kHour ? std::to_string(seconds / kMinute) + " min"
                             : std::to_string(seconds / kHour) + " h";
}

std::string line_of(const SweptObject &swept) {
  return (swept.failure.empty() ? "deleted " : "could not delete ") + swept.object.name + ", " +
         std::to_string(swept.object.bytes) + " bytes, expired " + age_text(swept.expired_ago) +
         " ago" + (swept.failure.empty() ? "" : ": " + swept.failure) + "\n";
}

std::string line_of(const SweptFile &swept) {
  return (swept.failure.empty() ? "deleted " : "could not delete ") + swept.host + ":" +
         swept.path + ", left by an upload that was broken off" +
         (swept.failure.empty() ? "" : ": " + swept.failure) + "\n";
}

} // namespace

std::vector<SweptObject> sweep(Desk &desk, const Patience &patience) {
  const Engine engine = desk.engine();
  std::vector<SweptObject> swept;
  for (const StoredObject &object : engine.relay->list(patience)) {
    const auto expires = expiry_of(object.name);
    const std::int64_t now = desk.store.now();
    if (expires && *expires + kGraceSeconds < now) {
      swept.push_back({object, now - *expires, {}});
    }
  }
  if (swept.empty()) {
    return swept;
  }
  const std::set<std::string> busy = names_at_work(desk);
  std::erase_if(swept, [&](const SweptObject &each) { return busy.contains(each.object.name); });
  for (SweptObject &each : swept) {
    patience.check();
    try {
      engine.relay->remove(each.object, {}, patience);
    } catch (const mre::Error &error) {
      if (error.status() == MRE_CANCELLED) {
        throw;
      }
      each.failure = error.what();
    }
  }
  return swept;
}

mre::Subcommand sweep_command(Desk &desk) {
  mre::Subcommand command;
  command.name = "sweep";
  command.summary = "delete what failed and forgotten transfers left on ImageKit and on hosts";
  command.run = [&desk](const std::vector<std::string> &words, const mre::Call &call) {
    if (!words.empty()) {
      throw mre::Error(MRE_BAD_ARGUMENT, "sweep takes no arguments", "leave them out");
    }
    std::string text;
    bool is_all_gone = true;
    for (const SweptObject &each : sweep(desk, Patience(desk.stop, call))) {
      text += line_of(each);
      is_all_gone = is_all_gone && each.failure.empty();
    }
    for (const SweptFile &each : sweep_leftovers(desk, call)) {
      text += line_of(each);
      is_all_gone = is_all_gone && each.failure.empty();
    }
    if (!is_all_gone) {
      throw mre::Error(MRE_REMOTE_FAILED, "not everything could be deleted:\n" + text,
                       "run it again later");
    }
    return mre::Reply::of_text(
        text.empty() ? "nothing to delete: no object of ours expired more than ten minutes ago\n"
                     : text);
  };
  return command;
}

} // namespace imagekit
