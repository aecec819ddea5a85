// See transfer.hpp.
#include "transfer.hpp"

#include <array>

namespace imagekit {

namespace {

constexpr int kRecordVersion = 1;
constexpr std::array<const char *, 5> kStateWords{"issued", "written", "ready", "completed",
                                                  "failed"};

template <class T>
void put(mre::json &record, const char *name, const std::optional<T> &value) {
  if (value) {
    record[name] = *value;
  }
}

template <class T>
std::optional<T> take(const mre::json &record, const char *name) {
  const auto found = record.find(name);
  return found == record.end() ? std::nullopt : std::optional(found->get<T>());
}

TransferState state_of(const std::string &word) {
  for (std::size_t at = 0; at < kStateWords.size(); ++at) {
    if (word == kStateWords.at(at)) {
      return static_cast<TransferState>(at);
    }
  }
  throw mre::Error(MRE_INTERNAL, "a transfer's record has the unknown state " + word);
}

mre::json to_json(const StoredObject &object) {
  return {{"name", object.name}, {"id", object.id}, {"bytes", object.bytes}};
}

Transfer from_json(const mre::json &record) {
  Transfer transfer;
  transfer.id = record.at("id");
  transfer.kind = record.at("kind") == "download" ? TransferKind::download : TransferKind::upload;
  transfer.state = state_of(record.at("state"));
  transfer.file = {record.at("host"), take<std::uint32_t>(record, "ctid"), record.at("path")};
  transfer.expires = record.at("expires");
  transfer.overwrite = record.at("overwrite");
  transfer.create_parents = record.at("create_parents");
  transfer.permissions = take<std::uint32_t>(record, "permissions");
  transfer.bytes = take<std::uint64_t>(record, "bytes");
  transfer.sha256 = take<std::string>(record, "sha256");
  for (const mre::json &object : record.at("objects")) {
    transfer.objects.push_back({object.at("name"), object.at("id"), object.at("bytes"), false});
  }
  transfer.urls = record.at("urls").get<std::vector<std::string>>();
  transfer.leftovers = record.value("leftovers", std::vector<std::string>());
  transfer.result = record.value("result", mre::json());
  if (const auto error = record.find("error"); error != record.end()) {
    transfer.error = mre::Error(error->at("status").get<mre_status>(),
                                error->at("message").get<std::string>(), error->at("hint"));
  }
  transfer.claimed_by = record.at("claimed_by");
  transfer.claimed_until = record.at("claimed_until");
  return transfer;
}

} // namespace

const char *word_of(TransferKind kind) {
  return kind == TransferKind::upload ? "upload" : "download";
}

std::string to_text(const Transfer &transfer) {
  mre::json record = {{"v", kRecordVersion},
                      {"id", transfer.id},
                      {"kind", word_of(transfer.kind)},
                      {"state", kStateWords.at(static_cast<std::size_t>(transfer.state))},
                      {"host", transfer.file.host},
                      {"path", transfer.file.path},
                      {"expires", transfer.expires},
                      {"overwrite", transfer.overwrite},
                      {"create_parents", transfer.create_parents},
                      {"urls", transfer.urls},
                      {"claimed_by", transfer.claimed_by},
                      {"claimed_until", transfer.claimed_until}};
  put(record, "ctid", transfer.file.ctid);
  put(record, "permissions", transfer.permissions);
  put(record, "bytes", transfer.bytes);
  put(record, "sha256", transfer.sha256);
  record["objects"] = mre::json::array();
  for (const StoredObject &object : transfer.objects) {
    record["objects"].push_back(to_json(object));
  }
  if (!transfer.leftovers.empty()) {
    record["leftovers"] = transfer.leftovers;
  }
  if (!transfer.result.is_null()) {
    record["result"] = transfer.result;
  }
  if (transfer.error) {
    record["error"] = {{"status", transfer.error->status()},
                       {"message", transfer.error->what()},
                       {"hint", transfer.error->hint()}};
  }
  return mre::dump(record);
}

Transfer read_transfer(const std::string &text) {
  try {
    return from_json(mre::json::parse(text));
  } catch (const mre::json::exception &error) {
    throw mre::Error(MRE_INTERNAL,
                     std::string("a transfer's record cannot be read: ") + error.what(),
                     "request a new transfer");
  }
}

} // namespace imagekit
