#include "notification/adapters/notification_api.h"

#include "notification/adapters/command_codec.h"
#include "notification/adapters/notice_codec.h"
#include "notification/adapters/state_codec.h"
#include "notification/core/notice_values.h"
#include "platform/base/encoding.h"
#include "shared_kernel/command.h"
#include "shared_kernel/dossier_id.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace lienthong::notification {

using shared_kernel::Action;
using shared_kernel::Catalogue;
using shared_kernel::NoticeLanguage;
using shared_kernel::api::ReadDossier;

namespace {

constexpr std::array kListed = {Phase::kCreated,          Phase::kSending,          Phase::kPending,
                                Phase::kPermanentFailure, Phase::kTemporaryFailure, Phase::kTechnicalFailure};

Error notice_not_found() {
  return {ErrorCode::kNotFound, "NOTICE_NOT_FOUND", "Hồ sơ không có thông báo này; hãy xem danh sách thông báo của hồ sơ.",
          "The dossier has no such notice; list its notices."};
}

void set_time(Instant from, google::protobuf::Timestamp& to) { shared_kernel::wire::encode(from, to); }

v1::Notice view(const shared_kernel::DossierName& name, const Notice& notice) {
  v1::NoticeCreated made;
  encode_created(notice.made, made);
  v1::Notice out;
  out.set_dossier_id(shared_kernel::format_dossier_name(name));
  out.set_number(notice.made.notice);
  out.set_key(to_hex(notice.made.key.view()));
  out.set_event(made.event());
  out.set_rule(made.rule());
  out.set_recipient(made.recipient());
  if (notice.made.recipient == NoticeRecipient::kAgency) out.set_agency(notice.made.contents.agency);
  *out.mutable_way() = made.way();
  out.set_phase(encode_phase(notice.phase));
  out.set_reason_code(notice.reason_code);
  set_time(notice.created_at, *out.mutable_create_time());
  set_time(notice.changed_at, *out.mutable_change_time());
  if (notice.phase == Phase::kCreated) set_time(notice.send_at, *out.mutable_next_attempt_time());
  out.set_attempts(notice.attempts);
  out.set_provider(notice.provider);
  out.set_provider_reference(notice.reference);
  out.set_masked_address(notice.masked_address);
  out.set_origin(notice.made.origin);
  return out;
}

/// Portal messages are written anew whenever they are read, from a text that never changes.
Result<void> add_text(const Catalogue& catalogue, const Notice& notice, bool english, v1::Notice& out) {
  if (notice.made.way.channel != NoticeChannel::kPortal) return {};
  const auto& settings = catalogue.contents().notices;
  const auto* text = settings.find(notice.made.way.text);
  if (text == nullptr) return {};
  const auto language = english ? NoticeLanguage::kEnglish : NoticeLanguage::kVietnamese;
  const auto rendered = shared_kernel::render(settings, *text, language,
                                              values_of(catalogue, notice.made.contents, out.dossier_id(), language));
  if (!rendered) return failure(rendered.error());
  out.set_subject(rendered->subject);
  out.set_body(rendered->body);
  return {};
}

const shared_kernel::NoticeTemplate* find_template(const Catalogue& catalogue, const std::string& id,
                                                   std::uint32_t version) {
  const shared_kernel::NoticeTemplate* found = nullptr;
  for (const auto& text : catalogue.contents().notices.templates) {
    if (text.id != id || (version != 0 && text.version != version)) continue;
    if (found == nullptr || found->version < text.version) found = &text;
  }
  return found;
}

}  // namespace

NotificationApi::NotificationApi(NotificationApiParts parts)
    : parts_(std::move(parts)),
      commands_("notification", parts_.gateway, parts_.clock, parts_.service_key),
      reads_(commands_, parts_.query, parts_.reads),
      service_("lienthong.notification.v1.NotificationService", shared_kernel::api::principals_of(parts_.rules)) {
  service_.unary<v1::ListDossierNoticesRequest, v1::ListDossierNoticesResponse>(
      "ListDossierNotices", [this](const auto& call, auto request, auto out) { list_dossier_notices(call, request, out); });
  service_.unary<v1::GetNoticeRequest, v1::GetNoticeResponse>(
      "GetNotice", [this](const auto& call, auto request, auto out) { get_notice(call, request, out); });
  service_.unary<v1::ListNoticesRequest, v1::ListNoticesResponse>(
      "ListNotices", [this](const auto& call, auto request, auto out) { list_notices(call, request, out); });
  service_.unary<v1::RetryNoticeRequest, v1::RetryNoticeResponse>(
      "RetryNotice", [this](const auto& call, auto request, auto out) {
        if (const auto reason = shared_kernel::api::check_reason_code(request.reason_code()); !reason)
          return out.fail(reason.error());
        command(call, request, out, RetryNotice{request.number(), request.reason_code()});
      });
  service_.unary<v1::RecordReceiptRequest, v1::RecordReceiptResponse>(
      "RecordReceipt", [this](const auto& call, auto request, auto out) {
        const auto receipt = static_cast<Receipt>(request.receipt());
        if (request.receipt() == v1::RECEIPT_UNSPECIFIED)
          return out.fail(rpc::invalid_field("receipt", "cần nêu kết quả.", "say what became of it."));
        command(call, request, out, RecordReceipt{request.number(), request.provider(), receipt, request.reason_code()});
      });
  service_.unary<v1::MarkNoticeReadRequest, v1::MarkNoticeReadResponse>(
      "MarkNoticeRead",
      [this](const auto& call, auto request, auto out) { command(call, request, out, MarkRead{request.number()}); });
  service_.unary<v1::PreviewTemplateRequest, v1::PreviewTemplateResponse>(
      "PreviewTemplate", [this](const auto& call, auto request, auto out) { preview(call, request, out); });
}

template <class Request, class Reply>
void NotificationApi::command(const rpc::Call& call, const Request& request, const Out<Reply>& out,
                              const CommandBody& body) const {
  const auto names = commands_.existing(request.header(), request.dossier_id());
  if (!names) return out.fail(names.error());
  auto begun = commands_.begin(call, request.header(), *names, request);
  if (!begun) return out.fail(begun.error());
  std::optional<Instant> occurred_at;
  if (request.header().has_occurred_time()) {
    const auto at = rpc::to_instant(request.header().occurred_time(), "header.occurred_time");
    if (!at) return out.fail(at.error());
    occurred_at = *at;
  }
  auto encoded = encode_command(body, occurred_at);
  begun->type = encoded.type;
  begun->body = std::move(encoded.body);
  begun->reply = [this, name = names->dossier, number = request.number(), out](const ledger::Reply& reply) {
    if (reply.error) return out.fail(*reply.error, reply.retry_after);
    Reply answer;
    commands_.set_result(reply, name, *answer.mutable_result());
    if (reply.value != nullptr) {
      const auto state = decode_state(reply.value->state());
      if (!state) return out.fail(state.error());
      if (const auto* notice = state->notice(number)) *answer.mutable_notice() = view(name, *notice);
    }
    out.ok(answer);
  };
  commands_.submit(names->dossier, std::move(*begun));
}

template <class Request, class Reply>
void NotificationApi::with_state(const rpc::Call& call, const Request& request, const Name& name, const Out<Reply>& out,
                                 Use use) const {
  const auto min_block = reads_.min_block(name, request.min_position());
  if (!min_block) return out.fail(min_block.error());
  reads_.read(name, *min_block, commands_.deadline_of(call),
              [this, call, out, use = std::move(use)](const Result<ReadDossier>& read) {
                if (!read) return out.fail(read.error());
                const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
                if (!catalogue) return out.fail(catalogue.error());
                const auto* principal = (*catalogue)->principal(call.principal);
                if (read->value == nullptr || principal == nullptr) return out.fail(shared_kernel::dossier_not_found());
                const auto state = decode_state(read->value->state());
                if (!state) return out.fail(state.error());
                if (!Catalogue::allows(*principal, Action::kReadNotice, state->received_by, state->procedure_code))
                  return out.fail(shared_kernel::dossier_not_found());
                use(*state, **catalogue, read->block_seq);
              });
}

void NotificationApi::list_dossier_notices(const rpc::Call& call, const v1::ListDossierNoticesRequest& request,
                                           const Out<v1::ListDossierNoticesResponse>& out) const {
  const auto name = shared_kernel::parse_dossier_name(request.dossier_id());
  if (!name) return out.fail(name.error());
  with_state(call, request, *name, out,
             [this, name = *name, out](const State& state, const Catalogue& catalogue, std::uint64_t block_seq) {
               v1::ListDossierNoticesResponse answer;
               for (const auto& notice : state.notices) {
                 auto& shown = *answer.add_notices();
                 shown = view(name, notice);
                 if (const auto added = add_text(catalogue, notice, false, shown); !added) return out.fail(added.error());
               }
               commands_.set_position(name, block_seq, *answer.mutable_position());
               out.ok(answer);
             });
}

void NotificationApi::get_notice(const rpc::Call& call, const v1::GetNoticeRequest& request,
                                 const Out<v1::GetNoticeResponse>& out) const {
  const auto name = shared_kernel::parse_dossier_name(request.dossier_id());
  if (!name) return out.fail(name.error());
  with_state(call, request, *name, out,
             [this, name = *name, request, out](const State& state, const Catalogue& catalogue, std::uint64_t block_seq) {
               const auto* notice = state.notice(request.number());
               if (notice == nullptr) return out.fail(notice_not_found());
               v1::GetNoticeResponse answer;
               *answer.mutable_notice() = view(name, *notice);
               if (const auto added = add_text(catalogue, *notice, request.english(), *answer.mutable_notice()); !added)
                 return out.fail(added.error());
               commands_.set_position(name, block_seq, *answer.mutable_position());
               out.ok(answer);
             });
}

void NotificationApi::list_notices(const rpc::Call& call, const v1::ListNoticesRequest& request,
                                   const Out<v1::ListNoticesResponse>& out) const {
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return out.fail(catalogue.error());
  const auto* principal = (*catalogue)->principal(call.principal);
  if (principal == nullptr || !Catalogue::allows_some_procedure(*principal, Action::kReadNotice, request.agency()))
    return out.fail(shared_kernel::api::not_granted(Action::kReadNotice));
  shared_kernel::api::ListQuery wanted{"notification", parts_.gateway.partition_count(), "notice", {}};
  for (const auto phase : kListed) {
    if (request.phase() == v1::NOTICE_PHASE_UNSPECIFIED || request.phase() == encode_phase(phase))
      wanted.keys.push_back(request.agency() + '/' + name_of(phase));
  }
  const auto queued = parts_.reads.post([this, wanted, request, out, catalogue = *catalogue, principal] {
    auto page = shared_kernel::api::list(parts_.query, wanted, request.page());
    if (!page) return out.fail(page.error());
    v1::ListNoticesResponse answer;
    for (const auto& entry : page->entries) {
      const auto state = decode_state(entry.value.state());
      NoticeNumber number = 0;
      const auto& suffix = entry.hit.suffix;
      std::from_chars(suffix.data(), suffix.data() + suffix.size(), number);
      const auto* notice = state ? state->notice(number) : nullptr;
      // The list may be a moment ahead of or behind the value.
      if (notice == nullptr || entry.hit.key != state->received_by + '/' + name_of(notice->phase)) continue;
      if (!Catalogue::allows(*principal, Action::kReadNotice, state->received_by, state->procedure_code)) continue;
      *answer.add_notices() = view({state->home, entry.hit.dossier}, *notice);
    }
    for (const auto& [key, count] : page->totals) {
      for (const auto phase : kListed) {
        if (key != request.agency() + '/' + name_of(phase)) continue;
        auto& total = *answer.add_counts();
        total.set_phase(encode_phase(phase));
        total.set_count(count);
      }
    }
    *answer.mutable_page() = std::move(page->page);
    out.ok(answer);
  });
  if (!queued) out.fail(shared_kernel::api::too_many_reads());
}

void NotificationApi::preview(const rpc::Call& call, const v1::PreviewTemplateRequest& request,
                              const Out<v1::PreviewTemplateResponse>& out) const {
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return out.fail(catalogue.error());
  const auto* principal = (*catalogue)->principal(call.principal);
  // A template is part of the catalogue, so whoever may read that may see it.
  if (principal == nullptr || !Catalogue::allows(*principal, Action::kReadCatalogue, "", ""))
    return out.fail(shared_kernel::api::not_granted(Action::kReadCatalogue));
  const auto* text = find_template(**catalogue, request.template_id(), request.template_version());
  if (text == nullptr) {
    return out.fail({ErrorCode::kNotFound, "TEMPLATE_NOT_FOUND",
                     "Danh mục không có mẫu hoặc phiên bản này; hãy kiểm tra mã.",
                     "The catalogue has no such template or version; check it."});
  }
  shared_kernel::NoticeValues values;
  for (const auto& value : request.values()) {
    values[value.name()] = value.value();
    if (std::find(text->variables.begin(), text->variables.end(), value.name()) != text->variables.end()) continue;
    return out.fail({ErrorCode::kInvalidArgument, "TEMPLATE_VARIABLE", "mẫu không có biến “" + value.name() + "”; hãy bỏ",
                     "the template has no variable “" + value.name() + "”; remove it"});
  }
  const auto language = request.english() ? NoticeLanguage::kEnglish : NoticeLanguage::kVietnamese;
  const auto rendered = shared_kernel::render((*catalogue)->contents().notices, *text, language, values);
  if (!rendered) return out.fail(rendered.error());
  v1::PreviewTemplateResponse answer;
  answer.set_subject(rendered->subject);
  answer.set_body(rendered->body);
  answer.set_template_version(text->version);
  if (text->channel == NoticeChannel::kSms) {
    const auto measure = shared_kernel::measure_sms(rendered->body);
    answer.set_sms_units(static_cast<std::uint32_t>(measure.units));
    answer.set_sms_limit(static_cast<std::uint32_t>(measure.limit));
  }
  out.ok(answer);
}

}  // namespace lienthong::notification
