// Work of a node that may last: it runs on its own there, and is waited for up to a time.
//
// Promise: a job that outlasts the wait goes on, also when the connection breaks; its UPID is
// returned to follow it by. A job that fails within the wait is an error in the node's own words.
// Cancelling the call ends the job: with a login other than root by asking the node to stop its
// task. Threads: a call's own.
#pragma once

#include "node.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace proxmox {

struct Job {
  NodeCommand command;
  std::string task_type;       // "vzdump", "vzsnapshot": to find its UPID by
  std::string other_task_type; // what other releases call it
  std::uint32_t id = 0;
  std::chrono::seconds wait{30};
  // Written to a file that only the login can read, whose name becomes the value of input_option.
  std::string input;
  std::string input_option;
};

struct JobResult {
  bool is_finished = false;
  std::string upid; // of one that goes on; empty when it could not be found
  std::string log;  // what it printed so far
};

JobResult run_job(const Node &node, const Job &job);

// The members every tool with a job gives: state, upid, log.
mre::json to_json(const JobResult &result);
mre::Schema job_output(std::initializer_list<const char *> required, mre::Schema properties);
// "finished", or how to follow it.
std::string outcome_text(const JobResult &result);

} // namespace proxmox
