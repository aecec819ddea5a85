// imagekit_request_upload: a place for the client's file, and the command that brings it there.
#include "arguments.hpp"
#include "crypto.hpp"
#include "object_name.hpp"
#include "place.hpp"
#include "tools.hpp"

#include <algorithm>

namespace imagekit {

namespace {

// What may come at most, and which setting says so.
struct UploadLimit {
  std::uint64_t bytes = 0;
  const char *variable = nullptr;
};

UploadLimit limit_of(mre::Host host, const Relay &relay) {
  const std::uint64_t per_file = mre::Config(host).limits().max_file_size;
  const std::uint64_t per_object = relay.max_object_bytes();
  return per_file > 0 && per_file < per_object
             ? UploadLimit{per_file, "MAX_FILE_SIZE"}
             : UploadLimit{per_object, "IMAGEKIT_MAX_OBJECT_BYTES"};
}

Transfer new_upload(Desk &desk, const Engine &engine, const mre::json &arguments) {
  Transfer transfer;
  transfer.id = random_uuid();
  transfer.kind = TransferKind::upload;
  transfer.file = far_file_of(desk.host, arguments);
  transfer.overwrite = mre::flag_of(arguments, "overwrite");
  transfer.create_parents = mre::flag_of(arguments, "create_parents");
  transfer.permissions = permissions_of(arguments);
  transfer.bytes = size_of(arguments);
  transfer.sha256 = sha256_of(arguments);
  transfer.expires = desk.store.now() + engine.transfer_timeout.count();
  transfer.objects.push_back({make_object_name(transfer.expires), "", 0, false});
  return transfer;
}

mre::Reply request_upload(Desk &desk, const mre::json &arguments, const mre::Call &call) {
  const Engine engine = desk.engine();
  const UploadLimit limit = limit_of(desk.host, *engine.relay);
  Transfer transfer = new_upload(desk, engine, arguments);
  if (transfer.bytes.value_or(0) > limit.bytes) {
    throw mre::Error(MRE_TOO_LARGE,
                     "/size: " + size_text(*transfer.bytes) + " are more than " + limit.variable +
                         ", " + size_text(limit.bytes),
                     "send it in smaller pieces and join them on the host, or raise " +
                         std::string(limit.variable) + " if the account's plan takes larger files");
  }
  const auto place = open_place(desk.host, call, transfer.file);
  check_target(*place, transfer.file.path,
               {transfer.overwrite, transfer.create_parents, transfer.permissions, 0});
  // The checks took time; the promise begins now.
  transfer.expires = desk.store.now() + engine.transfer_timeout.count();
  transfer.objects.front().name = make_object_name(transfer.expires);
  const std::uint64_t max_bytes = std::min(limit.bytes, transfer.bytes.value_or(limit.bytes));
  const std::string command =
      engine.relay->upload_command({transfer.objects.front().name, transfer.expires, max_bytes});
  desk.store.create(transfer);
  const std::int64_t expires_in = transfer.expires - desk.store.now();
  mre::json result = {{"transfer_id", transfer.id},
                      {"upload_command", command},
                      {"expires_in", expires_in},
                      {"expires_at", transfer.expires},
                      {"max_bytes", max_bytes}};
  return mre::Reply::of(
      "Where the file is, run this with LOCAL_FILE_PATH replaced by its path (a ' in the path is "
      "written '\\''), within " +
          std::to_string(expires_in) + " s, once, at most " + size_text(max_bytes) + ":\n\n" +
          command + "\n\nThen call imagekit_confirm_upload with transfer_id " + transfer.id +
          "; it writes " + place->name() + ".",
      std::move(result));
}

} // namespace

mre::Tool request_upload_tool(Desk &desk) {
  mre::Tool tool;
  tool.name = "imagekit_request_upload";
  tool.title = "Prepare an upload";
  tool.description =
      "First of two steps to bring a file of yours to a host or a container: gives a "
      "curl command to run where the file is. Then call imagekit_confirm_upload.";
  tool.promises = MRE_ADDITIVE;
  tool.input = input({"remote_path"}, {{"remote_path", path()},
                                       {"permissions", permissions()},
                                       {"overwrite", flag()},
                                       {"ctid", container_id()},
                                       {"host", text()},
                                       {"size", or_null(count("of the file in bytes; checked"))},
                                       {"sha256",
                                        {{"type", {"string", "null"}},
                                         {"pattern", "^[0-9A-Fa-f]{64}$"},
                                         {"description", "of the file; checked"}}},
                                       {"create_parents", flag()}});
  tool.output = output({"transfer_id", "upload_command", "expires_in", "expires_at", "max_bytes"},
                       {{"transfer_id", text()},
                        {"upload_command", text()},
                        {"expires_in", count()},
                        {"expires_at", count()},
                        {"max_bytes", count()}});
  tool.run = [&desk](const mre::json &arguments, const mre::Call &call) {
    return request_upload(desk, arguments, call);
  };
  return tool;
}

} // namespace imagekit
