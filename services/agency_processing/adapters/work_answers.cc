#include "agency_processing/adapters/work_answers.h"

#include "agency_processing/adapters/work_view.h"
#include "lienthong/agency/v1/commands.pb.h"
#include "platform/block/block.h"
#include "shared_kernel/api/sealing.h"

#include <memory>

namespace lienthong::agency_processing {
namespace {

using shared_kernel::DossierName;
using shared_kernel::api::check_text;
using shared_kernel::api::ContentKey;

constexpr std::size_t kTextBytesMax = 4000;
constexpr std::size_t kReceiptBytesMax = 64;
constexpr int kResultsMax = 50;

// The free text of an answer: sealed before it goes anywhere.
const std::string& text_of(const v1::WorkAnswer& answer) {
  static const std::string none;
  if (answer.has_refuse()) return answer.refuse().reason();
  if (answer.has_ask_supplement()) return answer.ask_supplement().reason();
  if (answer.has_complete()) return answer.complete().note();
  return none;
}

Result<void> check(const v1::WorkAnswer& answer) {
  if (answer.work().leg() == 0)
    return failure(rpc::invalid_field("work.leg", "số bước bắt đầu từ 1.", "legs count from 1."));
  switch (answer.answer_case()) {
    case v1::WorkAnswer::kAccept:
      return check_text(answer.accept().receipt_code(), "accept.receipt_code", kReceiptBytesMax, false);
    case v1::WorkAnswer::kRefuse: return check_text(answer.refuse().reason(), "refuse.reason", kTextBytesMax, true);
    case v1::WorkAnswer::kAskSupplement:
      return check_text(answer.ask_supplement().reason(), "demand.reason", kTextBytesMax, true);
    case v1::WorkAnswer::kComplete:
      if (answer.complete().results_size() > kResultsMax) {
        return failure(rpc::invalid_field("complete.results", "tối đa 50 kết quả.", "at most 50 results."));
      }
      if (auto receipt = check_text(answer.complete().receipt_code(), "complete.receipt_code", kReceiptBytesMax, false);
          !receipt)
        return receipt;
      return check_text(answer.complete().note(), "complete.note", kTextBytesMax, false);
    case v1::WorkAnswer::kConfirm: return {};
    case v1::WorkAnswer::ANSWER_NOT_SET: break;
  }
  return failure(rpc::invalid_field("answer", "cần đúng một câu trả lời.", "exactly one answer is needed."));
}

template <class Command>
void set_head(const v1::WorkAnswer& answer, Command& command) {
  command.mutable_leg()->set_leg(answer.work().leg());
  command.mutable_leg()->set_attempt(answer.work().attempt());
  if (answer.header().has_occurred_time()) *command.mutable_occurred_time() = answer.header().occurred_time();
}

// `text`: reference to the sealed text, null when there is none.
struct Encoded {
  v1::CommandType type = v1::COMMAND_TYPE_UNSPECIFIED;
  std::string body;
};
Encoded encode(const v1::WorkAnswer& answer, const kernel::v1::SealedRef* text) {
  switch (answer.answer_case()) {
    case v1::WorkAnswer::kAccept: {
      v1::AcceptLegCommand command;
      set_head(answer, command);
      command.set_own_receipt(answer.accept().receipt_code());
      return {v1::COMMAND_TYPE_ACCEPT_LEG, block::encode_message(command)};
    }
    case v1::WorkAnswer::kRefuse: {
      v1::RefuseLegCommand command;
      set_head(answer, command);
      command.set_reason_code(answer.refuse().reason_code());
      if (text != nullptr) *command.mutable_reason() = *text;
      return {v1::COMMAND_TYPE_REFUSE_LEG, block::encode_message(command)};
    }
    case v1::WorkAnswer::kAskSupplement: {
      v1::AskSupplementCommand command;
      set_head(answer, command);
      command.set_reason_code(answer.ask_supplement().reason_code());
      if (text != nullptr) *command.mutable_reason() = *text;
      return {v1::COMMAND_TYPE_ASK_SUPPLEMENT, block::encode_message(command)};
    }
    case v1::WorkAnswer::kComplete: {
      v1::CompleteLegCommand command;
      set_head(answer, command);
      for (const auto& from : answer.complete().results()) {
        auto& to = *command.add_results();
        to.set_code(from.code());
        to.set_count(from.count());
        to.set_sha256(from.sha256());
        to.set_reference(from.reference());
      }
      if (text != nullptr) *command.mutable_note() = *text;
      command.set_accept(answer.complete().accept());
      command.set_own_receipt(answer.complete().receipt_code());
      return {v1::COMMAND_TYPE_COMPLETE_LEG, block::encode_message(command)};
    }
    case v1::WorkAnswer::kConfirm: {
      v1::ConfirmResultCommand command;
      set_head(answer, command);
      return {v1::COMMAND_TYPE_CONFIRM_RESULT, block::encode_message(command)};
    }
    case v1::WorkAnswer::ANSWER_NOT_SET: break;
  }
  return {};
}

Answered refused(DossierName dossier, Error error) {
  Answered answered{std::move(dossier), {}};
  answered.reply.error = std::move(error);
  return answered;
}

}  // namespace

void WorkAnswers::answer(const rpc::Call& call, const v1::WorkAnswer& answer, Done done) const {
  auto names = shared_kernel::api::Commands::existing(answer.header(), answer.work().dossier_id());
  if (!names) return done(refused({}, std::move(names.error())));
  if (auto checked = check(answer); !checked) return done(refused(names->dossier, std::move(checked.error())));
  auto command = commands_.begin(call, answer.header(), *names, answer);
  if (!command) return done(refused(names->dossier, std::move(command.error())));
  if (!text_of(answer).empty()) return seal_and_submit(names->dossier, std::move(*command), answer, std::move(done));
  auto encoded = encode(answer, nullptr);
  command->type = encoded.type;
  command->body = std::move(encoded.body);
  submit(names->dossier, std::move(*command), std::move(done));
}

void WorkAnswers::seal_and_submit(const DossierName& dossier, ledger::CommandRequest command, const v1::WorkAnswer& answer,
                                  Done done) const {
  const auto waiting = std::make_shared<ledger::CommandRequest>(std::move(command));
  contents_.key(answer.work().dossier_id(),
                [this, dossier, waiting, answer, done = std::move(done)](const Result<ContentKey>& key) {
                  if (!key) {
                    // To the caller a dossier that is not there is work that is not there.
                    return done(refused(dossier, key.error().code == ErrorCode::kNotFound ? work_not_found() : key.error()));
                  }
                  kernel::v1::SealedRef reference;
                  waiting->sealed.push_back(shared_kernel::api::seal_for(*key, dossier.id, text_of(answer), reference));
                  auto encoded = encode(answer, &reference);
                  waiting->type = encoded.type;
                  waiting->body = std::move(encoded.body);
                  submit(dossier, std::move(*waiting), done);
                });
}

void WorkAnswers::submit(const DossierName& dossier, ledger::CommandRequest command, Done done) const {
  command.reply = [dossier, done = std::move(done)](ledger::Reply reply) { done({dossier, std::move(reply)}); };
  commands_.submit(dossier, std::move(command));
}

void WorkAnswers::set_result(const std::string& request_id, std::uint32_t leg, const Answered& answered,
                             v1::WorkAnswerResult& out) const {
  out.set_request_id(request_id);
  if (answered.reply.error) {
    shared_kernel::api::set_failure(*answered.reply.error, answered.reply.retry_after, *out.mutable_failure());
    return;
  }
  commands_.set_result(answered.reply, answered.dossier, *out.mutable_result());
  if (answered.reply.value == nullptr) return;
  const auto stored = stored_case(*answered.reply.value);
  const auto* work = stored ? find_work(*stored, leg, 0) : nullptr;
  if (work != nullptr) out.set_state(state_of(work->phase()));
}

}  // namespace lienthong::agency_processing
