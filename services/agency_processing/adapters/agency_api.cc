#include "agency_processing/adapters/agency_api.h"

#include "agency_processing/adapters/work_view.h"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <utility>

namespace lienthong::agency_processing {

using shared_kernel::Action;
using shared_kernel::Catalogue;
using shared_kernel::api::check_text;
using shared_kernel::api::ReadDossier;

namespace {

constexpr int kAnswersMax = 200;
constexpr std::size_t kPurposeBytesMax = 200;

// Gathers the results of a batch; whoever brings the last one answers.
struct Batch {
  Batch(int count, rpc::Responder<v1::AnswerWorkResponse> responder) : left(count), out(std::move(responder)) {
    for (int i = 0; i < count; ++i) answer.add_results();
  }
  std::atomic<int> left;
  v1::AnswerWorkResponse answer;
  rpc::Responder<v1::AnswerWorkResponse> out;
};

bool has_ended(v1::WorkPhase phase) {
  return phase == v1::WORK_PHASE_COMPLETED || phase == v1::WORK_PHASE_CONFIRMED || phase == v1::WORK_PHASE_REFUSED ||
         phase == v1::WORK_PHASE_CLOSED;
}

}  // namespace

AgencyApi::AgencyApi(AgencyApiParts parts)
    : parts_(std::move(parts)),
      commands_("agency-processing", parts_.gateway, parts_.clock, parts_.service_key),
      reads_(commands_, parts_.query, parts_.reads),
      answers_(commands_, parts_.contents),
      feed_({parts_.log, commands_, reads_, parts_.rules, answers_}, parts_.feed),
      service_("lienthong.agency.v1.AgencyService", shared_kernel::api::principals_of(parts_.rules)) {
  register_answers();
  service_.unary<v1::ListWorkRequest, v1::ListWorkResponse>(
      "ListWork", [this](const auto& call, auto request, auto out) { list_work(call, request, out); });
  service_.unary<v1::GetWorkRequest, v1::GetWorkResponse>(
      "GetWork", [this](const auto& call, auto request, auto out) { get_work(call, request, out); });
  service_.unary<v1::AnswerWorkRequest, v1::AnswerWorkResponse>(
      "AnswerWork", [this](const auto& call, auto request, auto out) { answer_batch(call, request, out); });
  service_.bidi("StreamWork",
                [this](const rpc::Call& call) -> Result<std::shared_ptr<rpc::StreamHandler>> { return feed_.open(call); });
}

template <class Reply>
void AgencyApi::answer(const rpc::Call& call, const v1::WorkAnswer& answer, const Out<Reply>& out) const {
  answers_.answer(call, answer, [this, out, leg = answer.work().leg()](const Answered& answered) {
    if (answered.reply.error) return out.fail(*answered.reply.error, answered.reply.retry_after);
    Reply reply;
    commands_.set_result(answered.reply, answered.dossier, *reply.mutable_result());
    if (answered.reply.value != nullptr) {
      const auto stored = stored_case(*answered.reply.value);
      if (!stored) return out.fail(stored.error());
      if (const auto* work = find_work(*stored, leg, 0)) {
        *reply.mutable_item() = work_item(answered.dossier.id, answered.reply.value->dossier_seq(), *stored, *work);
      }
    }
    out.ok(reply);
  });
}

// One and the same command whichever way it comes: a retry may use another.
void AgencyApi::register_answers() {
  const auto answer_of = [](auto& request) {
    v1::WorkAnswer out;
    *out.mutable_header() = std::move(*request.mutable_header());
    *out.mutable_work() = std::move(*request.mutable_work());
    return out;
  };
  service_.unary<v1::AcceptWorkRequest, v1::AcceptWorkResponse>("AcceptWork",
                                                                [=, this](const auto& call, auto request, auto out) {
                                                                  auto one = answer_of(request);
                                                                  *one.mutable_accept() = request.accept();
                                                                  answer(call, one, out);
                                                                });
  service_.unary<v1::RefuseWorkRequest, v1::RefuseWorkResponse>("RefuseWork",
                                                                [=, this](const auto& call, auto request, auto out) {
                                                                  auto one = answer_of(request);
                                                                  *one.mutable_refuse() = request.refuse();
                                                                  answer(call, one, out);
                                                                });
  service_.unary<v1::AskSupplementRequest, v1::AskSupplementResponse>("AskSupplement",
                                                                      [=, this](const auto& call, auto request, auto out) {
                                                                        auto one = answer_of(request);
                                                                        *one.mutable_ask_supplement() = request.demand();
                                                                        answer(call, one, out);
                                                                      });
  service_.unary<v1::CompleteWorkRequest, v1::CompleteWorkResponse>("CompleteWork",
                                                                    [=, this](const auto& call, auto request, auto out) {
                                                                      auto one = answer_of(request);
                                                                      *one.mutable_complete() = request.complete();
                                                                      answer(call, one, out);
                                                                    });
  service_.unary<v1::ConfirmResultRequest, v1::ConfirmResultResponse>("ConfirmResult",
                                                                      [=, this](const auto& call, auto request, auto out) {
                                                                        auto one = answer_of(request);
                                                                        one.mutable_confirm();
                                                                        answer(call, one, out);
                                                                      });
}

void AgencyApi::answer_batch(const rpc::Call& call, const v1::AnswerWorkRequest& request,
                             const Out<v1::AnswerWorkResponse>& out) const {
  if (request.answers_size() == 0 || request.answers_size() > kAnswersMax) {
    return out.fail(rpc::invalid_field("answers", "phải có 1 đến 200 câu trả lời.", "1 to 200 answers are taken."));
  }
  const auto batch = std::make_shared<Batch>(request.answers_size(), out);
  for (int i = 0; i < request.answers_size(); ++i) {
    const auto& one = request.answers(i);
    answers_.answer(call, one,
                    [this, batch, i, id = one.header().request_id(), leg = one.work().leg()](const Answered& answered) {
                      answers_.set_result(id, leg, answered, *batch->answer.mutable_results(i));
                      if (batch->left.fetch_sub(1) == 1) batch->out.ok(batch->answer);
                    });
  }
}

void AgencyApi::list_work(const rpc::Call& call, const v1::ListWorkRequest& request,
                          const Out<v1::ListWorkResponse>& out) const {
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return out.fail(catalogue.error());
  const auto* principal = (*catalogue)->principal(call.principal);
  const std::string agency = request.agency().empty() && principal != nullptr ? principal->agency : request.agency();
  if (const auto granted = shared_kernel::api::require_agency(**catalogue, call.principal, Action::kReadWork, agency);
      !granted) {
    return out.fail(granted.error());
  }
  shared_kernel::api::ListQuery wanted{"agency-processing", parts_.gateway.partition_count(), "inbox", {}};
  std::vector<v1::WorkState> states = {v1::WORK_STATE_OFFERED, v1::WORK_STATE_ACCEPTED, v1::WORK_STATE_SUSPENDED};
  if (request.state() != v1::WORK_STATE_UNSPECIFIED) states = {request.state()};
  if (request.to_confirm()) states = {v1::WORK_STATE_COMPLETED};
  for (const auto state : states)
    wanted.keys.push_back(agency + '/' + (request.to_confirm() ? "results" : bucket_of(state)));
  const auto queued = parts_.reads.post([this, wanted, states, request, out] {
    auto page = shared_kernel::api::list(parts_.query, wanted, request.page());
    if (!page) return out.fail(page.error());
    v1::ListWorkResponse answer;
    for (const auto& entry : page->entries) {
      const auto stored = stored_case(entry.value);
      const auto leg = static_cast<std::uint32_t>(std::strtoul(entry.hit.suffix.c_str(), nullptr, 10));
      const auto* work = stored ? find_work(*stored, leg, 0) : nullptr;
      if (work == nullptr) continue;
      // An entry may be older than the value beside it.
      const auto state = state_of(work->phase());
      const auto key = request.to_confirm() ? work->sender() + "/results" : work->agency() + '/' + bucket_of(state);
      if (key != entry.hit.key || (request.to_confirm() && state != v1::WORK_STATE_COMPLETED)) continue;
      *answer.add_items() = work_item(entry.hit.dossier, entry.value.dossier_seq(), *stored, *work);
    }
    for (std::size_t i = 0; i < page->totals.size(); ++i) {
      auto& count = *answer.add_counts();
      count.set_state(states[i]);
      count.set_count(page->totals[i].second);
    }
    *answer.mutable_page() = std::move(page->page);
    out.ok(answer);
  });
  if (!queued) out.fail(shared_kernel::api::too_many_reads());
}

Result<v1::GetWorkResponse> AgencyApi::visible_work(const rpc::Call& call, const v1::GetWorkRequest& request,
                                                    const shared_kernel::DossierName& name, const ReadDossier& read) const {
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return failure(catalogue.error());
  const auto* principal = (*catalogue)->principal(call.principal);
  if (read.value == nullptr || principal == nullptr) return failure(work_not_found());
  const auto stored = stored_case(*read.value);
  if (!stored) return failure(stored.error());
  const auto* work = find_work(*stored, request.work().leg(), request.work().attempt());
  if (work == nullptr || !shared_kernel::api::may_know_of(*principal, work->agency(), stored->procedure_code()))
    return failure(work_not_found());
  if (!Catalogue::allows(*principal, Action::kReadWorkContent, work->agency(), stored->procedure_code())) {
    return failure(shared_kernel::api::not_granted(Action::kReadWorkContent));
  }
  if (has_ended(work->phase()) && Instant{work->changed_at()} + parts_.content_kept < parts_.clock.now())
    return failure(work_not_found());
  v1::GetWorkResponse answer;
  *answer.mutable_item() = work_item(name.id, read.value->dossier_seq(), *stored, *work);
  commands_.set_position(name, read.block_seq, *answer.mutable_position());
  return answer;
}

void AgencyApi::get_work(const rpc::Call& call, const v1::GetWorkRequest& request,
                         const Out<v1::GetWorkResponse>& out) const {
  const auto name = shared_kernel::parse_dossier_name(request.work().dossier_id());
  if (!name) return out.fail(name.error());
  if (const auto purpose = check_text(request.purpose(), "purpose", kPurposeBytesMax, true); !purpose)
    return out.fail(purpose.error());
  const auto min_block = reads_.min_block(*name, request.min_position());
  if (!min_block) return out.fail(min_block.error());
  reads_.read(*name, *min_block, commands_.deadline_of(call),
              [this, call, request, name = *name, out](const Result<ReadDossier>& read) {
                if (!read) return out.fail(read.error());
                const auto answer = visible_work(call, request, name, *read);
                if (!answer) return out.fail(answer.error());
                const auto queued = parts_.reads.post(
                    [this, call, request, answer = *answer, out] { add_content(call, request, answer, out); });
                if (!queued) out.fail(shared_kernel::api::too_many_reads());
              });
}

void AgencyApi::add_content(const rpc::Call& call, const v1::GetWorkRequest& request, v1::GetWorkResponse answer,
                            const Out<v1::GetWorkResponse>& out) const {
  const auto& work = answer.item().work();
  if (!parts_.audit({call.principal, answer.item().agency(), work.dossier_id(), work.leg(), request.purpose()})) {
    return out.fail({ErrorCode::kUnavailable, "CONTENT_UNAVAILABLE",
                     "Không ghi được nhật ký truy cập nên không mở nội dung; hãy thử lại.",
                     "The access record could not be written, so the content is not shown; try again."});
  }
  intake::v1::GetContentRequest wanted;
  wanted.set_dossier_id(work.dossier_id());
  wanted.set_leg(work.leg());
  wanted.set_purpose(request.purpose());
  wanted.set_on_behalf_of(call.principal);
  parts_.contents.content(wanted,
                          [answer = std::move(answer), out](const Result<intake::v1::GetContentResponse>& content) mutable {
                            if (!content) return out.fail(content.error());
                            *answer.mutable_contents() = content->contents();
                            out.ok(answer);
                          });
}

}  // namespace lienthong::agency_processing
