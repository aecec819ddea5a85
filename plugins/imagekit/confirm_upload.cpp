// imagekit_confirm_upload: the client's file from the relay to where it belongs.
#include "arguments.hpp"
#include "leftovers.hpp"
#include "receive.hpp"
#include "tools.hpp"

namespace imagekit {

namespace {

constexpr int kMostCopies = 10; // as many as one search lists
constexpr const char *kRequestAgain = "request a new upload and run its command unchanged";

// What was agreed and can be seen without reading a byte.
void check_object(const Transfer &transfer, const StoredObject &object, std::uint64_t per_file,
                  std::uint64_t per_object) {
  if (object.is_replaced) {
    throw WrongObject(MRE_CONFLICT,
                      "something was uploaded twice under the name of transfer " + transfer.id,
                      kRequestAgain);
  }
  if (object.bytes > per_object || (per_file > 0 && object.bytes > per_file)) {
    const bool is_over_file = per_file > 0 && object.bytes > per_file;
    throw WrongObject(MRE_TOO_LARGE,
                      "what was uploaded has " + size_text(object.bytes) + ", more than " +
                          (is_over_file ? "MAX_FILE_SIZE, " + size_text(per_file)
                                        : "IMAGEKIT_MAX_OBJECT_BYTES, " + size_text(per_object)),
                      "send it in smaller pieces and join them on the host");
  }
  if (transfer.bytes && *transfer.bytes != object.bytes) {
    throw WrongObject(MRE_CONFLICT,
                      "what was uploaded has " + std::to_string(object.bytes) +
                          " bytes, announced were " + std::to_string(*transfer.bytes),
                      kRequestAgain);
  }
}

// The object goes, as far as that is possible now; the sweeper gets the rest.
void fail_for_good(Desk &desk, Relay &relay, Claim &claim, const mre::Error &error) {
  Transfer &transfer = claim.transfer();
  const Patience to_the_end(desk.stop); // a cancelled call must not leave it behind
  try {
    bool may_be_more = true; // of one that came twice, each is removed
    for (int i = 0; may_be_more && i < kMostCopies; ++i) {
      const auto found = relay.find(transfer.objects.front().name, to_the_end);
      may_be_more = found && found->is_replaced;
      if (found) {
        relay.remove(*found, {}, to_the_end);
      }
    }
  } catch (const mre::Error &failure) {
    mre::Log(desk.host).warn("imagekit.left_behind",
                             {{"object", transfer.objects.front().name}, {"why", failure.what()}});
  }
  transfer.state = TransferState::failed;
  transfer.error = error;
  claim.save();
}

void fetch_and_write(Desk &desk, const Receiving &work) {
  Transfer &transfer = work.claim.transfer();
  StoredObject &object = transfer.objects.front();
  object = find_upload(work);
  check_object(transfer, object, mre::Config(desk.host).limits().max_file_size,
               work.relay.max_object_bytes());
  const PlaceWritten written = receive(work, object);
  transfer.result = {{"transfer_id", transfer.id},
                     {"host", transfer.file.host},
                     {"ctid", transfer.file.ctid ? mre::json(*transfer.file.ctid) : mre::json()},
                     {"remote_path", written.real_path},
                     {"bytes", written.bytes},
                     {"sha256", written.sha256},
                     {"verified", written.by_digest ? "digest" : "size"},
                     {"permissions", octal_digits(written.permissions)}};
  transfer.state = TransferState::written;
  work.claim.save();
}

// The file is where it belongs: what goes wrong from here on is no failure of the upload.
std::string clean_up(Desk &desk, Relay &relay, Claim &claim) {
  Transfer &transfer = claim.transfer();
  try {
    relay.remove(transfer.objects.front(), {}, Patience(desk.stop));
    transfer.state = TransferState::completed;
    claim.save();
    return {};
  } catch (const mre::Error &error) {
    return std::string("\nIts copy on ImageKit could not be deleted yet (") + error.what() +
           "): confirm again, or leave it to the sweeper.";
  }
}

mre::Reply reply_of(const Transfer &transfer, const std::string &note) {
  const mre::json &result = transfer.result;
  const std::string place =
      (transfer.file.ctid ? "container " + std::to_string(*transfer.file.ctid) + " of " : "") +
      transfer.file.host + ":" + result.at("remote_path").get<std::string>();
  return mre::Reply::of("Uploaded " + place + ": " +
                            std::to_string(result.at("bytes").get<std::uint64_t>()) +
                            " bytes, sha256 " + result.at("sha256").get<std::string>() +
                            ", verified by " + result.at("verified").get<std::string>() + note,
                        result);
}

mre::Error expired(const Transfer &transfer, std::int64_t now) {
  return {MRE_NOT_FOUND,
          "transfer " + transfer.id + " expired " + std::to_string(now - transfer.expires) +
              " s ago; nothing was written",
          "request a new upload, and confirm it before expires_at"};
}

mre::Reply confirm_upload(Desk &desk, const mre::json &arguments, const mre::Call &call) {
  const Engine engine = desk.engine();
  const Patience patience(desk.stop, call);
  Claim claim(desk.store, arguments.at("transfer_id"), TransferKind::upload, patience);
  Transfer &transfer = claim.transfer();
  for (const SweptFile &file : remove_leftovers(desk, claim, call)) {
    if (!file.failure.empty()) {
      mre::Log(desk.host).warn("imagekit.left_behind",
                               {{"host", file.host}, {"path", file.path}, {"why", file.failure}});
    }
  }
  if (transfer.state == TransferState::failed) {
    throw transfer.error.value_or(mre::Error(MRE_INTERNAL, "the transfer failed"));
  }
  if (transfer.state == TransferState::issued) {
    try {
      if (desk.store.now() >= transfer.expires) {
        const mre::Error error = expired(transfer, desk.store.now());
        throw WrongObject(error.status(), error.what(), error.hint());
      }
      const auto place = open_place(desk.host, call, transfer.file);
      fetch_and_write(desk, {*engine.relay, *place, claim, call, patience});
    } catch (const WrongObject &error) {
      fail_for_good(desk, *engine.relay, claim, error);
      throw;
    }
  }
  std::string note;
  if (transfer.state == TransferState::written) {
    note = clean_up(desk, *engine.relay, claim);
  }
  return reply_of(transfer, note);
}

} // namespace

mre::Tool confirm_upload_tool(Desk &desk) {
  mre::Tool tool;
  tool.name = "imagekit_confirm_upload";
  tool.title = "Finish an upload";
  tool.description = "Second step of an upload, after its command ran: writes the file to its "
                     "place, verified, and deletes the copy on the way. Can be repeated.";
  tool.promises = MRE_IDEMPOTENT | MRE_TASK;
  tool.input = input({"transfer_id"}, {{"transfer_id", transfer_id()}});
  tool.output = output(
      {"transfer_id", "host", "ctid", "remote_path", "bytes", "sha256", "verified", "permissions"},
      {{"transfer_id", text()},
       {"host", text()},
       {"ctid", {{"type", {"integer", "null"}}}},
       {"remote_path", text()},
       {"bytes", count()},
       {"sha256", text()},
       {"verified", text()},
       {"permissions", count()}});
  tool.run = [&desk](const mre::json &arguments, const mre::Call &call) {
    return confirm_upload(desk, arguments, call);
  };
  return tool;
}

} // namespace imagekit
