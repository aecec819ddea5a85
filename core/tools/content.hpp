// Resources, prompts, completion and commands: what plugins offer beside tools.
//
// Threads: values, immutable once in a snapshot; handlers run on worker threads. Lifetime: as for
// tools.
#pragma once

#include "core/tools/call_context.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mre::tools {

class ResourceHandler {
public:
  virtual ~ResourceHandler() = default;
  // Ends the call with a ToolResult whose content holds the contents objects
  // ({"uri","mimeType","text"|"blob"}); not_found for an unknown uri.
  virtual void read(const std::shared_ptr<CallContext> &call, const std::string &uri) = 0;
};

struct ResourceDeclaration {
  std::string uri; // or an RFC 6570 level 1 template
  bool is_template = false;
  std::string name, title, description, mime_type;
  std::shared_ptr<ResourceHandler> handler;
};

class PromptHandler {
public:
  virtual ~PromptHandler() = default;
  // Ends the call with a ToolResult whose structured member is the prompts/get result object.
  virtual void get(const std::shared_ptr<CallContext> &call, const Json &arguments) = 0;
};

struct PromptDeclaration {
  std::string name, title, description;
  Json arguments = Json::array(); // of {"name","description","required"}
  std::shared_ptr<PromptHandler> handler;
};

class CompletionHandler {
public:
  virtual ~CompletionHandler() = default;
  virtual Result<std::vector<std::string>> complete(const std::string &argument,
                                                    const std::string &value,
                                                    const Json &context) = 0; // blocks
};

struct CompletionDeclaration {
  std::string prompt;   // a prompt's name, or empty
  std::string resource; // a template's uri, or empty
  std::shared_ptr<CompletionHandler> handler;
};

class CommandHandler {
public:
  virtual ~CommandHandler() = default;
  // Ends the call with a ToolResult whose text is printed; it may be empty. bad_argument: the words
  // were wrong.
  virtual void run(const std::shared_ptr<CallContext> &call,
                   const std::vector<std::string> &words) = 0; // blocks
};

// A subcommand of the command line: `mcp-remote-exec PLUGIN NAME ARGUMENTS`.
struct CommandDeclaration {
  std::string plugin, owner; // the file's stem, and the id
  std::string name, arguments, summary;
  std::shared_ptr<CommandHandler> handler;
};

// Beside OwnerDeclaration: what the same owner offers of these kinds. No suppression; a name that
// is taken refuses the later owner.
struct ContentDeclaration {
  std::string owner;
  std::vector<ResourceDeclaration> resources;
  std::vector<PromptDeclaration> prompts;
  std::vector<CompletionDeclaration> completions;
  std::vector<CommandDeclaration> commands;
};

} // namespace mre::tools
