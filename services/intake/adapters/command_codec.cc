#include "intake/adapters/command_codec.h"

#include "intake/adapters/enum_codec.h"
#include "lienthong/intake/v1/commands.pb.h"
#include "platform/base/overloaded.h"
#include "shared_kernel/adapters/values_codec.h"

#include <utility>

namespace lienthong::intake {
namespace {

namespace wire = shared_kernel::wire;
using wire::decode_code;
using wire::Decoding;

void encode(const Application& from, v1::Application& to) {
  to.set_home_key(from.home.text());
  to.set_procedure_code(from.procedure_code);
  to.set_applicant_kind(encode_enum(from.applicant_kind));
  to.set_channel(encode_enum(from.channel));
  to.set_area_code(from.area_code);
  to.set_helped_by(from.helped_by);
  wire::encode(from.content, *to.mutable_content());
  wire::encode_components(from.components, to.mutable_components());
  if (from.post) encode_wish(*from.post, *to.mutable_post());
}

Application decode(const v1::Application& from, Decoding& in) {
  Application to{in.take(HomeKey::parse(from.home_key())),
                 in.take(decode_code(from.procedure_code(), "procedure_code")),
                 in.take(decode_enum(from.applicant_kind())),
                 in.take(decode_enum(from.channel())),
                 in.take(decode_code(from.area_code(), "area_code", true)),
                 in.take(decode_code(from.helped_by(), "helped_by", true)),
                 in.take(wire::decode(from.content())),
                 in.take(wire::decode_components(from.components())),
                 std::nullopt};
  if (from.has_post()) to.post = in.take(decode_wish(from.post()));
  return to;
}

SubmitDossier decode(const v1::SubmitDossierCommand& from, Decoding& in) { return {decode(from.application(), in)}; }
ReceiveDossier decode(const v1::ReceiveDossierCommand& from, Decoding& in) { return {decode(from.application(), in)}; }
AcceptDossier decode(const v1::AcceptDossierCommand&, Decoding&) { return {}; }
RefuseDossier decode(const v1::RefuseDossierCommand& from, Decoding& in) {
  return {in.take(decode_code(from.reason_code(), "reason_code")), in.take(wire::decode(from.reason()))};
}
ReceiveSupplement decode(const v1::ReceiveSupplementCommand& from, Decoding& in) {
  return {in.take(wire::decode_components(from.components())), in.take_if(from.has_content(), from.content())};
}
WithdrawDossier decode(const v1::WithdrawDossierCommand& from, Decoding& in) {
  return {in.take_if(from.has_reason(), from.reason())};
}
HandOverResult decode(const v1::HandOverResultCommand& from, Decoding& in) { return {in.take(decode_enum(from.channel()))}; }
ErasePersonalData decode(const v1::ErasePersonalDataCommand& from, Decoding& in) {
  return {in.take(decode_code(from.reason_code(), "reason_code")), in.take_if(from.has_reason(), from.reason())};
}

template <class Message>
Result<DecodedCommand> read(std::string_view bytes) {
  const auto message = wire::parse<Message>(bytes);
  if (!message) return failure(message.error());
  Decoding in;
  DecodedCommand command{decode(**message, in), in.take_if((*message)->has_occurred_time(), (*message)->occurred_time())};
  return in.finish(std::move(command));
}

template <class Message>
EncodedCommand write(v1::CommandType type, Message message, std::optional<Instant> occurred_at) {
  if (occurred_at) wire::encode(*occurred_at, *message.mutable_occurred_time());
  return {static_cast<std::uint32_t>(type), message.SerializeAsString()};
}

}  // namespace

EncodedCommand encode_command(const CommandBody& body, std::optional<Instant> at) {
  return std::visit(Overloaded{[&](const SubmitDossier& submit) {
                                 v1::SubmitDossierCommand to;
                                 encode(submit.application, *to.mutable_application());
                                 return write(v1::COMMAND_TYPE_SUBMIT_DOSSIER, std::move(to), at);
                               },
                               [&](const ReceiveDossier& receive) {
                                 v1::ReceiveDossierCommand to;
                                 encode(receive.application, *to.mutable_application());
                                 return write(v1::COMMAND_TYPE_RECEIVE_DOSSIER, std::move(to), at);
                               },
                               [&](const AcceptDossier&) {
                                 return write(v1::COMMAND_TYPE_ACCEPT_DOSSIER, v1::AcceptDossierCommand{}, at);
                               },
                               [&](const RefuseDossier& refuse) {
                                 v1::RefuseDossierCommand to;
                                 to.set_reason_code(refuse.reason_code);
                                 wire::encode(refuse.reason, *to.mutable_reason());
                                 return write(v1::COMMAND_TYPE_REFUSE_DOSSIER, std::move(to), at);
                               },
                               [&](const ReceiveSupplement& supplement) {
                                 v1::ReceiveSupplementCommand to;
                                 wire::encode_components(supplement.components, to.mutable_components());
                                 if (supplement.content) wire::encode(*supplement.content, *to.mutable_content());
                                 return write(v1::COMMAND_TYPE_RECEIVE_SUPPLEMENT, std::move(to), at);
                               },
                               [&](const WithdrawDossier& withdraw) {
                                 v1::WithdrawDossierCommand to;
                                 if (withdraw.reason) wire::encode(*withdraw.reason, *to.mutable_reason());
                                 return write(v1::COMMAND_TYPE_WITHDRAW_DOSSIER, std::move(to), at);
                               },
                               [&](const HandOverResult& hand_over) {
                                 v1::HandOverResultCommand to;
                                 to.set_channel(encode_enum(hand_over.channel));
                                 return write(v1::COMMAND_TYPE_HAND_OVER_RESULT, std::move(to), at);
                               },
                               [&](const ErasePersonalData& erase) {
                                 v1::ErasePersonalDataCommand to;
                                 to.set_reason_code(erase.reason_code);
                                 if (erase.reason) wire::encode(*erase.reason, *to.mutable_reason());
                                 return write(v1::COMMAND_TYPE_ERASE_PERSONAL_DATA, std::move(to), at);
                               }},
                    body);
}

Result<DecodedCommand> decode_command(std::uint32_t type, std::string_view body) {
  switch (static_cast<v1::CommandType>(type)) {
    case v1::COMMAND_TYPE_SUBMIT_DOSSIER: return read<v1::SubmitDossierCommand>(body);
    case v1::COMMAND_TYPE_RECEIVE_DOSSIER: return read<v1::ReceiveDossierCommand>(body);
    case v1::COMMAND_TYPE_ACCEPT_DOSSIER: return read<v1::AcceptDossierCommand>(body);
    case v1::COMMAND_TYPE_REFUSE_DOSSIER: return read<v1::RefuseDossierCommand>(body);
    case v1::COMMAND_TYPE_RECEIVE_SUPPLEMENT: return read<v1::ReceiveSupplementCommand>(body);
    case v1::COMMAND_TYPE_WITHDRAW_DOSSIER: return read<v1::WithdrawDossierCommand>(body);
    case v1::COMMAND_TYPE_HAND_OVER_RESULT: return read<v1::HandOverResultCommand>(body);
    case v1::COMMAND_TYPE_ERASE_PERSONAL_DATA: return read<v1::ErasePersonalDataCommand>(body);
    case v1::COMMAND_TYPE_UNSPECIFIED:
    case v1::CommandType_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::CommandType_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return malformed("intake has no command type " + std::to_string(type));
}

}  // namespace lienthong::intake
