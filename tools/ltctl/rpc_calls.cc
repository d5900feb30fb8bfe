#include "tools/ltctl/rpc_calls.h"

#include "shared_kernel/dossier_id.h"
#include "tools/demo/request_ids.h"

#include <google/protobuf/util/json_util.h>

namespace lienthong::ltctl {

Result<std::shared_ptr<grpc::Channel>> open_channel(const Session& session, const std::string& address) {
  rpc::ChannelSettings channel{address, std::nullopt, {}};
  if (const auto& tls = session.settings.tls) channel.tls = rpc::TlsFiles{tls->ca, tls->certificate, tls->key};
  return rpc::make_channel(channel);
}

std::string new_request_id(const Session& session) {
  if (!session.request_id.empty()) return session.request_id;
  return shared_kernel::format_uuid(demo::RequestIds().next());
}

std::string new_creating_request_id(const Session& session, const std::string& home_key) {
  const std::string id = new_request_id(session);
  return id.find('_') == std::string::npos ? home_key + "_" + id : id;
}

Instant instant_of(const google::protobuf::Timestamp& time) { return {time.seconds() * 1'000'000 + time.nanos() / 1000}; }

nlohmann::json to_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) return nullptr;
  return nlohmann::json::parse(text, nullptr, false);
}

}  // namespace lienthong::ltctl
