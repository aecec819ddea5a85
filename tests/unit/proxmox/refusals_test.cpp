#include "plugins/proxmox/refusals.hpp"
#include "tests/support/catch.hpp"

namespace proxmox {
namespace {

mre_status status_of(const std::string &err) {
  return refusal({"pct start 101", "pve1"}, err).status();
}

TEST_CASE("each text of the node's programs has its code") {
  CHECK(status_of("CT 101 already running\n") == MRE_CONFLICT);
  CHECK(status_of("CT is locked (backup)\n") == MRE_CONFLICT);
  CHECK(status_of("trying to acquire lock...\ncan't lock file '/run/lock/lxc/x' - got timeout\n") ==
        MRE_CONFLICT);
  CHECK(status_of("Configuration file 'nodes/pve1/lxc/9.conf' does not exist\n") == MRE_NOT_FOUND);
  CHECK(status_of("please run as root\n") == MRE_DENIED);
  CHECK(status_of("sudo: a password is required\n") == MRE_DENIED);
  CHECK(status_of("sh: 1: sudo: not found\n") == MRE_DENIED);
  CHECK(status_of("sudo: sorry, you must have a tty to run sudo\n") == MRE_DENIED);
  CHECK(status_of("deploy is not in the sudoers file.\n") == MRE_DENIED);
  CHECK(status_of("Sorry, user deploy is not allowed to execute '/usr/sbin/pct list' as root on "
                  "pve1.\n") == MRE_DENIED);
  CHECK(status_of("mre-proxmox: no pct\n") == MRE_UNSUPPORTED);
  CHECK(status_of("snapshot feature is not available\n") == MRE_UNSUPPORTED);
  CHECK(status_of("can't remove CT 101 - protection mode enabled\n") == MRE_CONFLICT);
  CHECK(status_of("unable to create CT 101 - CT 101 already exists on node 'pve1'\n") ==
        MRE_ALREADY_EXISTS);
  CHECK(status_of("cluster not ready - no quorum?\n") == MRE_CONFLICT);
  CHECK(status_of("400 Parameter verification failed.\nvmid: value does not look like a valid VM "
                  "ID\n") == MRE_BAD_ARGUMENT);
  CHECK(status_of("400 Parameter verification failed.\nupid: no such task\n") == MRE_NOT_FOUND);
  CHECK(status_of("startup for container '101' failed\n") == MRE_REMOTE_FAILED);
  CHECK(status_of("") == MRE_REMOTE_FAILED);
}

TEST_CASE("the message has what was tried, where, and the node's own words without noise") {
  const mre::Error error =
      refusal({"pct start 101", "pve1"}, "perl: warning: Setting locale failed.\n"
                                         "\tLANG = \"xx\"\n"
                                         "    are supported and installed on your system.\n"
                                         "trying to acquire lock...\n"
                                         "CT is locked (backup)\n");
  CHECK(std::string(error.what()) == "pct start 101 on pve1: CT is locked (backup)");
  CHECK_FALSE(error.hint().empty());
}

TEST_CASE("a warning of sudo is not why the command failed") {
  const std::string warning =
      "sudo: unable to resolve host pve1: Temporary failure in name resolution\n";
  const mre::Error error = refusal({"pct start 101", "pve1"}, warning + "CT is locked (backup)\n");
  CHECK(error.status() == MRE_CONFLICT);
  CHECK(std::string(error.what()) == "pct start 101 on pve1: CT is locked (backup)");
  CHECK(status_of(warning + "sudo: a password is required\n") == MRE_DENIED);
}

TEST_CASE("what sudo repeats of a command does not hide its answer") {
  const std::string command =
      "/usr/sbin/pct exec 101 -- sh -c echo 'x' as y\n" + std::string(2000, 'z') + " token";
  const mre::Error error =
      refusal({"pct exec 101", "pve1"},
              "Sorry, user deploy is not allowed to execute '" + command + "' as root on pve1.\n");
  CHECK(std::string(error.what()) ==
        "pct exec 101 on pve1: Sorry, user deploy is not allowed to execute it as root on pve1.");
}

TEST_CASE("a failed backup tells the reason of its log") {
  const mre::Error error = refusal({"vzdump 101", "pve1"}, "job errors\n",
                                   "INFO: x\nERROR: Backup of VM 101 failed - CT is locked (x)\n");
  CHECK(error.status() == MRE_CONFLICT);
  CHECK(std::string(error.what()).find("CT is locked (x)") != std::string::npos);
}

TEST_CASE("a task that only says that it failed is told with the end of its log") {
  const mre::Error error =
      refusal({"pct start 101", "pve1"}, "startup for container '101' failed\n",
              "line 1\nrun_buffer: 571 Script exited with status 1\nlxc_init: no such device\n");
  const std::string said = error.what();
  CHECK(error.status() == MRE_REMOTE_FAILED);
  CHECK(said.find("startup for container '101' failed") != std::string::npos);
  CHECK(said.find("Script exited with status 1; lxc_init: no such device") != std::string::npos);
  // What names its reason itself needs no log.
  CHECK(std::string(refusal({"pct start 101", "pve1"}, "CT is locked (backup)\n", "x\n").what()) ==
        "pct start 101 on pve1: CT is locked (backup)");
  const mre::Error longer =
      refusal({"pct start 101", "pve1"}, "it failed\n", std::string(9000, 'x'));
  CHECK(std::string(longer.what()).size() < 400);
}

TEST_CASE("what pct says itself is told from what a program prints") {
  CHECK(is_exec_refusal("container '101' not running!\n", 101));
  CHECK(is_exec_refusal("perl: warning: x\nConfiguration file 'nodes/a/lxc/101.conf' …\n", 101));
  CHECK_FALSE(is_exec_refusal("container '102' not running!\n", 101));
  CHECK_FALSE(is_exec_refusal("it says: container '101' not running!\n", 101));
  CHECK_FALSE(is_exec_refusal("", 101));
  CHECK(is_exec_refusal("Sorry, user deploy is not allowed to execute 'x' as root on a.\n", 101));
  CHECK(is_exec_refusal("deploy is not in the sudoers file.\n", 101));
  CHECK(is_old_release("Unknown option: keep-env\n400 unable to parse option\n"));
}

TEST_CASE("the node's name stands in what it says about a missing guest") {
  CHECK(node_in("Configuration file 'nodes/pve7/lxc/101.conf' does not exist") == "pve7");
  CHECK(node_in("nothing of that kind").empty());
  CHECK(node_in("Configuration file 'nodes/").empty());
}

} // namespace
} // namespace proxmox
