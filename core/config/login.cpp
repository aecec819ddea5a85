#include "core/config/login.hpp"

#include "core/base/file.hpp"
#include "core/config/names.hpp"
#include "core/config/sources.hpp"
#include "core/guard/limits.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace mre::config {
namespace {

bool is_socket(const std::string &path) {
  struct stat info {};
  return !path.empty() && ::stat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

bool others_can_read(const std::string &path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && (info.st_mode & 077) != 0;
}

// A private key pasted where its path belongs must not be shown in a complaint.
bool looks_like_key_material(const std::string &text) {
  return text.find('\n') != std::string::npos || text.find("-----BEGIN") != std::string::npos;
}

class LoginBuilder {
public:
  LoginBuilder(HostConfig &host, const LoginInput &input, const LoginSurroundings &around)
      : host_(host), input_(input), around_(around) {}

  LoginFindings build() {
    host_.passphrase = input_.passphrase;
    host_.password = input_.password;
    take_key();
    if (input_.order) {
      take_order(*input_.order);
    } else {
      choose_order();
    }
    if (host_.login_order.empty() && findings_.complaints.empty()) {
      complain_about_nothing();
    }
    return std::move(findings_);
  }

private:
  bool has_credential() const { return input_.key || input_.password; }

  std::string prefix() const { return input_.where.empty() ? std::string() : input_.where + ": "; }

  void take_key() {
    if (!input_.key) {
      return;
    }
    if (looks_like_key_material(*input_.key)) {
      findings_.complaints.push_back(
          input_.key_name + " holds a key itself; expected the path of a private key file");
      return;
    }
    const std::string path = absolute_path(*input_.key, around_.home, around_.base_directory);
    if (path.empty()) {
      findings_.complaints.push_back(input_.key_name + " is " + shown(*input_.key) +
                                     ", and HOME is not set; write the whole path");
      return;
    }
    host_.key_files.push_back(path);
    if (const auto problem = key_file_problem(path)) {
      findings_.complaints.push_back(
          input_.key_name + " is " + shown(*input_.key) + ": " + *problem +
          "; expected the path of a private key file that this user can read");
    } else if (others_can_read(path)) {
      findings_.warnings.push_back(input_.key_name + ": other users have rights on " + path +
                                   "; run: chmod 600 '" + path + "'");
    }
  }

  void choose_order() {
    if (has_credential()) {
      if (input_.key) {
        add(LoginMethod::key);
      }
      if (input_.password) {
        add(LoginMethod::password);
        add(LoginMethod::keyboard_interactive); // the same password, where the server asks for it
                                                // by a prompt
      }
      return;
    }
    add_agent();
    add_default_keys();
  }

  void take_order(const std::vector<LoginMethod> &order) {
    for (const LoginMethod method : order) {
      switch (method) {
      case LoginMethod::agent:
        add_agent();
        break;
      case LoginMethod::key:
        if (input_.key) {
          add(method);
        } else if (!has_credential()) {
          add_default_keys();
        } else {
          findings_.complaints.push_back(prefix() + "auth names \"key\", but no key is given");
        }
        break;
      case LoginMethod::password:
        if (input_.password) {
          add(method);
        } else {
          findings_.complaints.push_back(
              prefix() + "auth names a login by password, but password_env is not given");
        }
        break;
      case LoginMethod::keyboard_interactive:
        add(method); // also without a password: a server may ask what a person answers
        break;
      }
    }
  }

  void add_agent() {
    if (is_socket(around_.agent_socket)) {
      host_.agent_socket = around_.agent_socket;
      add(LoginMethod::agent);
    }
  }

  void add_default_keys() {
    for (const std::string &path : default_key_files(around_.home)) {
      if (!key_file_problem(path)) {
        host_.key_files.push_back(path);
      }
    }
    if (!host_.key_files.empty()) {
      add(LoginMethod::key);
    }
  }

  void add(LoginMethod method) {
    auto &order = host_.login_order;
    if (std::find(order.begin(), order.end(), method) == order.end()) {
      order.push_back(method);
    }
  }

  void complain_about_nothing() {
    const std::string advice =
        input_.where.empty()
            ? "set SSH_KEY (a private key file) or SSH_PASSWORD, or start an SSH agent"
            : "give \"key\" or \"password_env\", or start an SSH agent";
    findings_.complaints.push_back(
        prefix() +
        "no authentication configured: there is no key, no password, no SSH agent, and none of " +
        "~/.ssh/id_ed25519, id_ecdsa, id_rsa; " + advice);
  }

  HostConfig &host_;
  const LoginInput &input_;
  const LoginSurroundings &around_;
  LoginFindings findings_;
};

} // namespace

LoginFindings configure_login(HostConfig &host, const LoginInput &input,
                              const LoginSurroundings &around) {
  return LoginBuilder(host, input, around).build();
}

std::vector<std::string> default_key_files(const std::string &home) {
  std::vector<std::string> paths;
  for (const char *name : {"id_ed25519", "id_ecdsa", "id_rsa"}) {
    const std::string path = home + "/.ssh/" + name;
    if (!home.empty() && ::access(path.c_str(), F_OK) == 0) {
      paths.push_back(path);
    }
  }
  return paths;
}

std::optional<std::string> key_file_problem(const std::string &path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return "it is not a file";
  }
  const Result<std::string> content = read_file(path, limits::kKeyFileBytes);
  if (!content) {
    return content.error().message;
  }
  if (content->empty()) {
    return "it is empty";
  }
  return std::nullopt;
}

} // namespace mre::config
