// imagekit_request_download: a remote file on the relay, and the command that fetches it.
#include "arguments.hpp"
#include "commands.hpp"
#include "crypto.hpp"
#include "send.hpp"
#include "tools.hpp"

namespace imagekit {

namespace {

PlaceStat check_file(Place &place, const FarFile &file, std::uint64_t limit) {
  const auto found = place.stat(file.path);
  if (!found) {
    throw mre::Error(MRE_NOT_FOUND, place.name() + " does not exist", "check the path");
  }
  if (found->kind != MRE_FILE_REGULAR) {
    throw mre::Error(
        MRE_BAD_ARGUMENT,
        "/remote_path: " + place.name() +
            (found->kind == MRE_FILE_DIRECTORY ? " is a folder" : " is not a regular file"),
        "name a file; a folder can be packed with tar first");
  }
  if (limit > 0 && found->bytes > limit) {
    throw mre::Error(MRE_TOO_LARGE,
                     place.name() + ": " + size_text(found->bytes) +
                         " are more than MAX_FILE_SIZE, " + size_text(limit),
                     "raise MAX_FILE_SIZE, or set it to 0 for no limit");
  }
  return *found;
}

void discard(Relay &relay, const Sent &sent, const Patience &patience) {
  for (const SentPart &part : sent.parts) {
    try {
      relay.remove(part.object, {}, patience);
    } catch (const mre::Error &) { // the sweeper finds it by its name
    }
  }
}

Transfer new_download(const FarFile &file, const PlaceStat &about, const Sent &sent) {
  Transfer transfer;
  transfer.id = random_uuid();
  transfer.kind = TransferKind::download;
  transfer.state = TransferState::ready;
  transfer.file = file;
  transfer.bytes = about.bytes;
  transfer.sha256 = sent.sha256;
  for (const SentPart &part : sent.parts) {
    transfer.objects.push_back(part.object);
  }
  return transfer;
}

mre::Reply reply_of(const Transfer &transfer, const Sent &sent, std::int64_t expires_in) {
  const bool is_whole = transfer.urls.size() == 1;
  const std::string command = render_download(transfer.urls, *transfer.sha256);
  mre::json parts = mre::json::array();
  for (std::size_t at = 0; !is_whole && at < sent.parts.size(); ++at) {
    parts.push_back({{"url", transfer.urls[at]},
                     {"bytes", sent.parts[at].object.bytes},
                     {"sha256", sent.parts[at].sha256}});
  }
  mre::json result = {{"transfer_id", transfer.id},
                      {"download_command", command},
                      {"download_url", is_whole ? mre::json(transfer.urls.front()) : mre::json()},
                      {"parts", std::move(parts)},
                      {"bytes", *transfer.bytes},
                      {"sha256", *transfer.sha256},
                      {"expires_in", expires_in},
                      {"expires_at", transfer.expires}};
  return mre::Reply::of(
      "Where the file is wanted, run this with LOCAL_FILE_PATH replaced by its path (a ' in the "
      "path is written '\\''), within " +
          std::to_string(expires_in) + " s; it brings " + size_text(*transfer.bytes) +
          (is_whole ? "" : " in " + std::to_string(transfer.urls.size()) + " parts") +
          " and checks their SHA-256:\n\n" + command +
          "\n\nThen call imagekit_confirm_download with transfer_id " + transfer.id +
          ", which deletes the copy.",
      std::move(result));
}

mre::Reply request_download(Desk &desk, const mre::json &arguments, const mre::Call &call) {
  const Engine engine = desk.engine();
  const Patience patience(desk.stop, call);
  const Patience cleaning(desk.stop);
  const FarFile file = far_file_of(desk.host, arguments);
  const auto place = open_place(desk.host, call, file);
  const PlaceStat about = check_file(*place, file, mre::Config(desk.host).limits().max_file_size);
  const std::int64_t expires = desk.store.now() + engine.transfer_timeout.count();
  const Sent sent = send_file({*engine.relay, *place, call, patience, cleaning, expires}, about);
  try {
    Transfer transfer = new_download(file, about, sent);
    transfer.expires = expires;
    for (const StoredObject &object : transfer.objects) {
      transfer.urls.push_back(engine.relay->download_url(object, expires));
    }
    const std::int64_t expires_in = expires - desk.store.now();
    if (expires_in <= 0) {
      throw mre::Error(MRE_TIMED_OUT,
                       "bringing " + place->name() +
                           " to ImageKit took longer than "
                           "IMAGEKIT_TRANSFER_TIMEOUT",
                       "raise IMAGEKIT_TRANSFER_TIMEOUT");
    }
    desk.store.create(transfer);
    return reply_of(transfer, sent, expires_in);
  } catch (...) {
    discard(*engine.relay, sent, cleaning);
    throw;
  }
}

} // namespace

mre::Tool request_download_tool(Desk &desk) {
  mre::Tool tool;
  tool.name = "imagekit_request_download";
  tool.title = "Prepare a download";
  tool.description =
      "First of two steps to get a file from a host or a container: gives a curl "
      "command to run where the file is wanted. Then call imagekit_confirm_download.";
  tool.promises = MRE_ADDITIVE | MRE_TASK;
  tool.input =
      input({"remote_path"}, {{"remote_path", path()}, {"ctid", container_id()}, {"host", text()}});
  tool.output = output({"transfer_id", "download_command", "download_url", "parts", "bytes",
                        "sha256", "expires_in", "expires_at"},
                       {{"transfer_id", text()},
                        {"download_command", text()},
                        {"download_url", text_or_null()},
                        {"parts", {{"type", "array"}}},
                        {"bytes", count()},
                        {"sha256", text()},
                        {"expires_in", count()},
                        {"expires_at", count()}});
  tool.run = [&desk](const mre::json &arguments, const mre::Call &call) {
    return request_download(desk, arguments, call);
  };
  return tool;
}

} // namespace imagekit
