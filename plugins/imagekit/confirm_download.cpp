// imagekit_confirm_download: the copy on the relay goes.
#include "arguments.hpp"
#include "tools.hpp"

namespace imagekit {

namespace {

// Object by object, so that a repeat goes on where this one failed.
void remove_all(Relay &relay, Claim &claim, const Patience &patience) {
  Transfer &transfer = claim.transfer();
  while (!transfer.objects.empty()) {
    const std::vector<std::string> urls(
        transfer.urls.empty() ? transfer.urls.end() : transfer.urls.end() - 1, transfer.urls.end());
    relay.remove(transfer.objects.back(), urls, patience);
    transfer.objects.pop_back();
    if (!transfer.urls.empty()) {
      transfer.urls.pop_back();
    }
    if (!transfer.objects.empty()) {
      claim.save();
    }
  }
}

mre::Reply confirm_download(Desk &desk, const mre::json &arguments, const mre::Call &call) {
  const Engine engine = desk.engine();
  const Patience patience(desk.stop, call);
  Claim claim(desk.store, arguments.at("transfer_id"), TransferKind::download, patience);
  Transfer &transfer = claim.transfer();
  if (!transfer.is_over()) {
    remove_all(*engine.relay, claim, patience);
    transfer.result = {
        {"transfer_id", transfer.id}, {"remote_path", transfer.file.path}, {"deleted", true}};
    transfer.state = TransferState::completed;
    claim.save();
  }
  return mre::Reply::of("The copy of " + transfer.file.path +
                            " on ImageKit is deleted, and its cached copies are purged.",
                        transfer.result);
}

} // namespace

mre::Tool confirm_download_tool(Desk &desk) {
  mre::Tool tool;
  tool.name = "imagekit_confirm_download";
  tool.title = "Finish a download";
  tool.description = "Second step of a download, after its command ran: deletes the copy on the "
                     "way. Can be repeated.";
  tool.promises = MRE_ADDITIVE | MRE_IDEMPOTENT;
  tool.input = input({"transfer_id"}, {{"transfer_id", transfer_id()}});
  tool.output = output(
      {"transfer_id", "remote_path", "deleted"},
      {{"transfer_id", text()}, {"remote_path", text()}, {"deleted", {{"type", "boolean"}}}});
  tool.run = [&desk](const mre::json &arguments, const mre::Call &call) {
    return confirm_download(desk, arguments, call);
  };
  return tool;
}

} // namespace imagekit
