#include "intake/adapters/intake_api.h"

#include "intake/adapters/application_form.h"
#include "intake/adapters/dossier_view.h"
#include "platform/block/block.h"

namespace lienthong::intake {

using shared_kernel::Action;
using shared_kernel::api::CommandNames;
using shared_kernel::api::ReadDossier;

// What a command needs while its texts are sealed.
struct IntakeApi::Sealed {
  const ContentKey& key;
  DossierId dossier;
  SealedContents& contents;
  std::vector<ledger::v1::SealedPart> parts = {};

  void add(std::string_view plain, kernel::v1::SealedRef& reference) {
    parts.push_back(shared_kernel::api::seal_for(key, dossier, plain, reference));
    contents.remember(*Hash::from(reference.sha256()), parts.back().ciphertext());
  }
};

namespace {

template <class Request, class Command>
void set_occurred(const Request& request, Command& command) {
  if (request.header().has_occurred_time()) *command.mutable_occurred_time() = request.header().occurred_time();
}

}  // namespace

IntakeApi::IntakeApi(IntakeApiParts parts)
    : parts_(std::move(parts)),
      commands_("intake", parts_.gateway, parts_.clock, parts_.service_key),
      reads_(commands_, parts_.query, parts_.reads),
      intake_("lienthong.intake.v1.IntakeService", shared_kernel::api::principals_of(parts_.rules)),
      content_("lienthong.intake.v1.ContentService", shared_kernel::api::principals_of(parts_.rules)),
      contact_("lienthong.intake.v1.ContactService", shared_kernel::api::principals_of(parts_.rules)),
      key_("lienthong.intake.v1.KeyService", shared_kernel::api::principals_of(parts_.rules)) {
  register_commands();
  register_reads();
}

template <class Reply>
ledger::ReplySink IntakeApi::command_reply(const Name& dossier, const Out<Reply>& out) const {
  return [this, dossier, out](const ledger::Reply& reply) {
    if (reply.error) return out.fail(*reply.error, reply.retry_after);
    Reply answer;
    commands_.set_result(reply, dossier, *answer.mutable_result());
    if (reply.value != nullptr) {
      const auto stored = stored_dossier(*reply.value);
      if (!stored) return out.fail(stored.error());
      *answer.mutable_dossier() = dossier_view(dossier, *reply.value, *stored);
    }
    out.ok(answer);
  };
}

template <class Request, class Reply, class Command>
void IntakeApi::create(const rpc::Call& call, const Request& request, const Out<Reply>& out, v1::CommandType type,
                       v1::Channel channel) {
  const auto names = commands_.creating(request.header(), request.application().home_key(), call.principal);
  if (!names) return out.fail(names.error());
  if (const auto form = check_form(request.application(), type == v1::COMMAND_TYPE_RECEIVE_DOSSIER); !form)
    return out.fail(form.error());
  auto ledger_command = commands_.begin(call, request.header(), *names, request);
  if (!ledger_command) return out.fail(ledger_command.error());
  const auto key = parts_.keys.take();
  if (!key) return out.fail(key.error());

  Command command;
  set_occurred(request, command);
  *command.mutable_application() = application_of(request.application(), channel);
  Sealed sealed{*key, names->dossier.id, parts_.contents};
  sealed.add(block::encode_message(content_of(request.application())), *command.mutable_application()->mutable_content());
  if (request.application().has_post()) {
    const auto& from = request.application().post();
    auto& to = *command.mutable_application()->mutable_post();
    to.set_carrier(from.carrier());
    to.set_collect(from.collect());
    to.set_pick_up_fee(from.pick_up_fee());
    if (from.has_pick_up_at()) sealed.add(block::encode_message(from.pick_up_at()), *to.mutable_pick_up_at());
    if (from.has_deliver_to()) sealed.add(block::encode_message(from.deliver_to()), *to.mutable_deliver_to());
  }
  ledger_command->type = type;
  ledger_command->body = block::encode_message(command);
  ledger_command->sealed = std::move(sealed.parts);
  ledger_command->reply = command_reply<Reply>(names->dossier, out);
  commands_.submit(names->dossier, std::move(*ledger_command));
}

void IntakeApi::with_dossier_key(const rpc::Call& call, const Name& dossier,
                                 std::function<void(Result<ContentKey>)> go_on) const {
  reads_.read(dossier, 0, commands_.deadline_of(call),
              [this, call, go_on = std::move(go_on)](const Result<ReadDossier>& read) {
                if (!read) return go_on(failure(read.error()));
                const auto queued = parts_.reads.post([this, call, go_on, read] {
                  const auto stored = visible(call, *read, Action::kReadDossier);
                  if (!stored && stored.error().code != ErrorCode::kPermissionDenied) return go_on(failure(stored.error()));
                  const auto own = read->value == nullptr ? failure(stored.error()) : stored_dossier(*read->value);
                  if (!own) return go_on(failure(own.error()));
                  if (own->erased() || own->contents().empty()) return go_on(failure(personal_data_erased()));
                  const auto& ref = own->contents(0).key_ref();
                  const auto key = parts_.keys.find(ref);
                  if (!key) return go_on(failure(key.error()));
                  go_on(ContentKey{ref, *key});
                });
                if (!queued) go_on(failure(shared_kernel::api::too_many_reads()));
              });
}

template <class Request, class Reply>
void IntakeApi::change(const rpc::Call& call, const Request& request, const Out<Reply>& out, v1::CommandType type,
                       std::function<Result<std::string>(Sealed&)> body, bool seals) {
  auto names = shared_kernel::api::Commands::existing(request.header(), request.dossier_id());
  if (!names) return out.fail(names.error());
  auto begun = commands_.begin(call, request.header(), *names, request);
  if (!begun) return out.fail(begun.error());
  begun->type = type;
  begun->reply = command_reply<Reply>(names->dossier, out);
  const auto finish = [this, out, body = std::move(body), dossier = names->dossier](ledger::CommandRequest command,
                                                                                    const ContentKey& key) {
    Sealed sealed{key, dossier.id, parts_.contents};
    auto encoded = body(sealed);
    if (!encoded) return out.fail(encoded.error());
    command.body = std::move(*encoded);
    command.sealed = std::move(sealed.parts);
    commands_.submit(dossier, std::move(command));
  };
  if (!seals) return finish(std::move(*begun), ContentKey{});
  const auto waiting = std::make_shared<ledger::CommandRequest>(std::move(*begun));
  with_dossier_key(call, names->dossier, [out, waiting, finish](const Result<ContentKey>& key) {
    if (!key) return out.fail(key.error());
    finish(std::move(*waiting), *key);
  });
}

// The keys are given up before the client hears of it. Should that be interrupted, SealedContents does it again from the
// ledger.
void IntakeApi::erased(const rpc::Call& call, const v1::ErasePersonalDataRequest& request,
                       const Out<v1::ErasePersonalDataResponse>& out) {
  const auto names = shared_kernel::api::Commands::existing(request.header(), request.dossier_id());
  if (!names) return out.fail(names.error());
  if (const auto reason = check_reason(request.reason(), false); !reason) return out.fail(reason.error());
  auto command = commands_.begin(call, request.header(), *names, request);
  if (!command) return out.fail(command.error());
  v1::ErasePersonalDataCommand body;
  set_occurred(request, body);
  body.set_reason_code(request.reason_code());
  if (!request.reason().empty()) {
    const auto key = parts_.keys.take();
    if (!key) return out.fail(key.error());
    Sealed sealed{*key, names->dossier.id, parts_.contents};
    sealed.add(request.reason(), *body.mutable_reason());
    command->sealed = std::move(sealed.parts);
  }
  command->type = v1::COMMAND_TYPE_ERASE_PERSONAL_DATA;
  command->body = block::encode_message(body);
  auto answer = command_reply<v1::ErasePersonalDataResponse>(names->dossier, out);
  command->reply = [this, out, answer = std::move(answer)](const ledger::Reply& reply) {
    if (reply.error || reply.value == nullptr) return answer(reply);
    const auto queued = parts_.reads.post([this, out, answer, reply] {
      const auto stored = stored_dossier(*reply.value);
      if (!stored) return out.fail(stored.error());
      std::vector<std::string> refs;
      for (const auto& ref : stored->contents()) refs.push_back(ref.key_ref());
      for (const auto& ref : stored->reasons()) refs.push_back(ref.key_ref());
      if (const auto gone = parts_.keys.erase(refs); !gone) return out.fail(gone.error());
      answer(reply);
    });
    if (!queued) out.fail(shared_kernel::api::too_many_reads());
  };
  commands_.submit(names->dossier, std::move(*command));
}

void IntakeApi::register_commands() {
  intake_.unary<v1::SubmitDossierRequest, v1::SubmitDossierResponse>(
      "SubmitDossier", [this](const auto& call, auto request, auto out) {
        create<v1::SubmitDossierRequest, v1::SubmitDossierResponse, v1::SubmitDossierCommand>(
            call, request, out, v1::COMMAND_TYPE_SUBMIT_DOSSIER, v1::CHANNEL_ONLINE);
      });
  intake_.unary<v1::ReceiveDossierRequest, v1::ReceiveDossierResponse>(
      "ReceiveDossier", [this](const auto& call, auto request, auto out) {
        create<v1::ReceiveDossierRequest, v1::ReceiveDossierResponse, v1::ReceiveDossierCommand>(
            call, request, out, v1::COMMAND_TYPE_RECEIVE_DOSSIER, v1::CHANNEL_COUNTER);
      });
  intake_.unary<v1::AcceptSubmissionRequest, v1::AcceptSubmissionResponse>(
      "AcceptSubmission", [this](const auto& call, auto request, auto out) {
        change(
            call, request, out, v1::COMMAND_TYPE_ACCEPT_DOSSIER,
            [request](Sealed&) -> Result<std::string> {
              v1::AcceptDossierCommand command;
              set_occurred(request, command);
              return block::encode_message(command);
            },
            false);
      });
  intake_.unary<v1::RefuseDossierRequest, v1::RefuseDossierResponse>(
      "RefuseDossier", [this](const auto& call, auto request, auto out) {
        if (const auto reason = check_reason(request.reason(), true); !reason) return out.fail(reason.error());
        change(
            call, request, out, v1::COMMAND_TYPE_REFUSE_DOSSIER,
            [request](Sealed& sealed) -> Result<std::string> {
              v1::RefuseDossierCommand command;
              set_occurred(request, command);
              command.set_reason_code(request.reason_code());
              sealed.add(request.reason(), *command.mutable_reason());
              return block::encode_message(command);
            },
            true);
      });
  intake_.unary<v1::RecordSupplementRequest, v1::RecordSupplementResponse>(
      "RecordSupplement", [this](const auto& call, auto request, auto out) {
        if (const auto form = check_supplement(request); !form) return out.fail(form.error());
        change(
            call, request, out, v1::COMMAND_TYPE_RECEIVE_SUPPLEMENT,
            [request](Sealed& sealed) -> Result<std::string> {
              v1::ReceiveSupplementCommand command;
              set_occurred(request, command);
              set_plain_components(request.components(), *command.mutable_components());
              sealed.add(block::encode_message(content_of(request)), *command.mutable_content());
              return block::encode_message(command);
            },
            true);
      });
  intake_.unary<v1::WithdrawDossierRequest, v1::WithdrawDossierResponse>(
      "WithdrawDossier", [this](const auto& call, auto request, auto out) {
        if (const auto reason = check_reason(request.reason(), false); !reason) return out.fail(reason.error());
        const bool seals = !request.reason().empty();
        change(
            call, request, out, v1::COMMAND_TYPE_WITHDRAW_DOSSIER,
            [request, seals](Sealed& sealed) -> Result<std::string> {
              v1::WithdrawDossierCommand command;
              set_occurred(request, command);
              if (seals) sealed.add(request.reason(), *command.mutable_reason());
              return block::encode_message(command);
            },
            seals);
      });
  intake_.unary<v1::HandOverResultRequest, v1::HandOverResultResponse>(
      "HandOverResult", [this](const auto& call, auto request, auto out) {
        change(
            call, request, out, v1::COMMAND_TYPE_HAND_OVER_RESULT,
            [request](Sealed&) -> Result<std::string> {
              v1::HandOverResultCommand command;
              set_occurred(request, command);
              command.set_channel(request.channel() == v1::CHANNEL_UNSPECIFIED ? v1::CHANNEL_COUNTER : request.channel());
              return block::encode_message(command);
            },
            false);
      });
  intake_.unary<v1::ErasePersonalDataRequest, v1::ErasePersonalDataResponse>(
      "ErasePersonalData", [this](const auto& call, auto request, auto out) { erased(call, request, out); });
}

}  // namespace lienthong::intake
