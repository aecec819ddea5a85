#include "core/plugin_host/manners.hpp"

#include "core/base/utf8.hpp"
#include "core/plugin_host/claim_stdout.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

namespace mre::plugin_host {
namespace {

constexpr std::size_t kQuotedOutput = 200;

// Only what a program sets: the kernel and libc fill the rest in as they like.
bool is_same(const struct sigaction &left, const struct sigaction &right) {
  return (left.sa_flags & SA_SIGINFO) == (right.sa_flags & SA_SIGINFO) &&
         left.sa_handler == right.sa_handler;
}

const char *name_of(int number) {
  const char *name = ::sigabbrev_np(number);
  return name != nullptr ? name : "?";
}

} // namespace

SignalMask::SignalMask() {
  static_cast<void>(::pthread_sigmask(SIG_SETMASK, nullptr, &mask_));
}

bool SignalMask::is_unchanged() const {
  const SignalMask now;
  return std::memcmp(&now.mask_, &mask_, sizeof mask_) == 0;
}

void SignalMask::put_back() const {
  static_cast<void>(::pthread_sigmask(SIG_SETMASK, &mask_, nullptr));
}

Manners::Manners() : folder_(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    static_cast<void>(::sigaction(kSignals.at(i), nullptr, &actions_.at(i)));
  }
  struct stat here {};
  if (folder_ && ::fstat(folder_.get(), &here) == 0) {
    device_ = here.st_dev;
    inode_ = here.st_ino;
  }
}

std::string Manners::mend_signals() const {
  std::string changed;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    struct sigaction now {};
    if (::sigaction(kSignals.at(i), nullptr, &now) == 0 && !is_same(now, actions_.at(i))) {
      changed += std::string(changed.empty() ? "SIG" : ", SIG") + name_of(kSignals.at(i));
      static_cast<void>(::sigaction(kSignals.at(i), &actions_.at(i), nullptr));
    }
  }
  return changed;
}

std::string Manners::mend_folder() const {
  struct stat here {};
  const bool is_known = folder_ && ::stat(".", &here) == 0;
  if (!is_known || (here.st_dev == device_ && here.st_ino == inode_)) {
    return {};
  }
  return ::fchdir(folder_.get()) == 0 ? "changed the working folder; it was put back"
                                      : "changed the working folder for good";
}

std::vector<std::string> Manners::mend(const SignalMask &before) const {
  std::vector<std::string> complaints;
  if (const std::string signals = mend_signals(); !signals.empty()) {
    complaints.push_back("changed what happens at " + signals + "; it was put back");
  }
  if (!before.is_unchanged()) {
    before.put_back();
    complaints.emplace_back("changed the signal mask of the host's thread; it was put back");
  }
  if (std::string folder = mend_folder(); !folder.empty()) {
    complaints.push_back(std::move(folder));
  }
  if (const std::string output = take_stray_output(kQuotedOutput); !output.empty()) {
    complaints.push_back("wrote to standard output, which belongs to the protocol: '" +
                         utf8::repair(output) + "'");
  }
  return complaints;
}

} // namespace mre::plugin_host
