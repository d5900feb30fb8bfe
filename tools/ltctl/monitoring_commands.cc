#include "tools/ltctl/monitoring_commands.h"

#include "google/protobuf/duration.pb.h"
#include "lienthong/monitoring/v1/monitoring_service.grpc.pb.h"
#include "tools/ltctl/dossier_client.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace lienthong::ltctl {
namespace {

namespace monitoring_api = ::lienthong::monitoring::v1;
namespace postal_api = ::lienthong::postal::v1;
namespace notification_api = ::lienthong::notification::v1;
using Align = Table::Align;
using monitoring_api::MonitoringService;

constexpr std::int64_t kMicros = 1'000'000;

struct FlowOptions {
  std::string ledger;
};
struct StuckOptions {
  std::string kind;
  double min_age_minutes = -1;
  int limit = 50;
};
struct TraceOptions {
  std::string dossier;
  bool decisions = false;
};
struct WatchOptions {
  std::string dossier;
  double seconds = 0;
};

Result<std::unique_ptr<MonitoringService::Stub>> monitoring_stub(const Session& session) {
  auto channel = open_channel(session, session.settings.monitoring_address);
  if (!channel) return failure(channel.error());
  return MonitoringService::NewStub(*channel);
}

Duration duration_of(const google::protobuf::Duration& from) {
  return Duration(from.seconds() * kMicros + from.nanos() / 1000);
}

std::string seconds_text(Duration duration, Language language) {
  if (duration < std::chrono::seconds(1)) return milliseconds_text(duration, language) + " ms";
  const auto seconds = duration.count() / kMicros;
  if (seconds < 120) return std::to_string(seconds) + " s";
  const bool vi = language == Language::kVietnamese;
  if (seconds < 7200) return std::to_string(seconds / 60) + (vi ? " phút" : " min");
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + (vi ? " giờ" : " h");
  return std::to_string(seconds / 86400) + (vi ? " ngày" : " d");
}

std::string number_text(double number, Language language) {
  const auto tenths = static_cast<std::int64_t>(number * 10 + 0.5);
  return std::to_string(tenths / 10) + (language == Language::kVietnamese ? "," : ".") + std::to_string(tenths % 10);
}

std::string readers_text(const monitoring_api::LaneFlow& lane, Language language) {
  std::string out;
  const bool vi = language == Language::kVietnamese;
  for (const auto& reader : lane.readers()) {
    if (!out.empty()) out += " · ";
    out += reader.reader() + " ";
    if (reader.waiting() == 0) {
      out += "✓";
      continue;
    }
    out += std::to_string(reader.waiting()) + (vi ? " quyết định, " : " decisions, ") + std::to_string(reader.lag_blocks()) +
           (vi ? " khối, " : " blocks, ") + seconds_text(duration_of(reader.lag()), language);
  }
  return out.empty() ? "-" : out;
}

void flow(Session& session, const FlowOptions& options) {
  auto stub = monitoring_stub(session);
  if (!stub) return session.fail(stub.error());
  monitoring_api::GetFlowRequest request;
  request.set_ledger(options.ledger);
  const auto seen = call<MonitoringService>(session, **stub, &MonitoringService::Stub::GetFlow, request);
  if (!seen) return session.fail(seen.error());
  const auto checked = call<MonitoringService>(session, **stub, &MonitoringService::Stub::GetReconciliation,
                                               monitoring_api::GetReconciliationRequest());
  if (!checked) return session.fail(checked.error());
  const bool vi = session.language == Language::kVietnamese;
  Table table({vi ? "SỔ CÁI" : "LEDGER", vi ? "PV" : "P", vi ? "ĐẦU" : "HEAD", vi ? "LÚC" : "AT", vi ? "KHỐI/S" : "BLOCKS/S",
               vi ? "QĐ/S" : "DECISIONS/S", vi ? "DỪNG" : "PARKED", vi ? "HẸN ĐẾN HẠN" : "TIMERS DUE",
               vi ? "CÒN ĐỌC" : "UNREAD", vi ? "TRẠNG THÁI" : "STATE", vi ? "GHI BỞI" : "OWNER", vi ? "BÊN ĐỌC" : "READERS"},
              {Align::kLeft, Align::kRight, Align::kRight, Align::kLeft, Align::kRight, Align::kRight, Align::kRight,
               Align::kRight, Align::kRight});
  for (const auto& lane : seen->lanes()) {
    table.row({lane.head().service(), std::to_string(lane.head().partition()),
               grouped(lane.head().block_seq(), session.language), local_text(instant_of(lane.head_time())),
               number_text(lane.blocks_per_second(), session.language),
               number_text(lane.decisions_per_second(), session.language), std::to_string(lane.parked()),
               std::to_string(lane.timers_due()), std::to_string(lane.read_lag_records()),
               lane.halted() ? (vi ? "⛔ DỪNG: " : "⛔ HALTED: ") + lane.halt_reason() : "✓", lane.owner(),
               readers_text(lane, session.language)});
  }
  session.show(table, {{"flow", to_json(*seen)}, {"reconciliation", to_json(*checked)}});
  if (session.json()) return;
  std::uint64_t waiting = 0;
  std::uint64_t wrong = 0;
  for (const auto& pair : checked->pairs()) {
    waiting += pair.waiting();
    wrong += pair.missing() + pair.unexpected();
  }
  session.line({std::string(checked->complete() ? "✓ đối soát đủ" : "⛔ đối soát THIẾU") + ": đang chờ " +
                    std::to_string(waiting) + ", thiếu hoặc thừa " + std::to_string(wrong) + " · lúc " +
                    local_text(instant_of(seen->read_time())),
                std::string(checked->complete() ? "✓ reconciliation complete" : "⛔ reconciliation INCOMPLETE") +
                    ": waiting " + std::to_string(waiting) + ", missing or unexpected " + std::to_string(wrong) + " · at " +
                    local_text(instant_of(seen->read_time()))});
}

const std::map<std::string, monitoring_api::StuckKind>& stuck_kinds() {
  static const std::map<std::string, monitoring_api::StuckKind> kinds = {
      {"parked", monitoring_api::STUCK_KIND_PARKED},
      {"not-picked-up", monitoring_api::STUCK_KIND_NOT_PICKED_UP},
      {"awaits-decision", monitoring_api::STUCK_KIND_AWAITS_DECISION},
      {"silent-shipment", monitoring_api::STUCK_KIND_SILENT_SHIPMENT},
      {"order-refused", monitoring_api::STUCK_KIND_ORDER_REFUSED},
      {"undelivered-notice", monitoring_api::STUCK_KIND_UNDELIVERED_NOTICE},
      {"lost-at-post", monitoring_api::STUCK_KIND_LOST_AT_POST},
      {"proof-missing", monitoring_api::STUCK_KIND_PROOF_MISSING},
      {"bag-differs", monitoring_api::STUCK_KIND_BAG_DIFFERS},
      {"unbalanced-settlement", monitoring_api::STUCK_KIND_UNBALANCED_SETTLEMENT},
      {"suspended-line", monitoring_api::STUCK_KIND_SUSPENDED_LINE}};
  return kinds;
}

std::string kind_text(monitoring_api::StuckKind kind, Language language) {
  const bool vi = language == Language::kVietnamese;
  switch (kind) {
    case monitoring_api::STUCK_KIND_PARKED: return vi ? "⛔ sự kiện lỗi" : "⛔ parked";
    case monitoring_api::STUCK_KIND_NOT_PICKED_UP: return vi ? "⚠ không ai nhận" : "⚠ not picked up";
    case monitoring_api::STUCK_KIND_AWAITS_DECISION: return vi ? "⚠ chờ quyết định" : "⚠ awaits a decision";
    case monitoring_api::STUCK_KIND_SILENT_SHIPMENT: return vi ? "⚠ bưu gửi im lặng" : "⚠ silent shipment";
    case monitoring_api::STUCK_KIND_ORDER_REFUSED: return vi ? "⚠ bưu chính không nhận" : "⚠ order refused";
    case monitoring_api::STUCK_KIND_UNDELIVERED_NOTICE: return vi ? "⚠ thông báo không tới" : "⚠ undelivered notice";
    case monitoring_api::STUCK_KIND_LOST_AT_POST: return vi ? "⚠ quay về hoặc mất" : "⚠ returned or lost";
    case monitoring_api::STUCK_KIND_PROOF_MISSING: return vi ? "⚠ thiếu bằng chứng phát" : "⚠ proof missing";
    case monitoring_api::STUCK_KIND_BAG_DIFFERS: return vi ? "⚠ túi không khớp" : "⚠ bag differs";
    case monitoring_api::STUCK_KIND_UNBALANCED_SETTLEMENT: return vi ? "⚠ đối soát tiền lệch" : "⚠ settlement unbalanced";
    case monitoring_api::STUCK_KIND_SUSPENDED_LINE: return vi ? "⚠ ngừng gửi sự kiện" : "⚠ line suspended";
    case monitoring_api::STUCK_KIND_UNSPECIFIED:
    case monitoring_api::StuckKind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case monitoring_api::StuckKind_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "-";
}

std::string whose(const monitoring_api::StuckDossier& one) {
  const auto& agency = one.agency().empty() ? one.service() : one.agency();
  return one.subject().empty() || one.subject() == one.agency() ? agency : agency + " (" + one.subject() + ")";
}

void stuck(Session& session, const StuckOptions& options) {
  auto stub = monitoring_stub(session);
  if (!stub) return session.fail(stub.error());
  monitoring_api::ListStuckRequest request;
  if (!options.kind.empty()) request.set_kind(stuck_kinds().at(options.kind));
  if (options.min_age_minutes >= 0) {
    request.mutable_min_age()->set_seconds(static_cast<std::int64_t>(options.min_age_minutes * 60));
  }
  request.mutable_page()->set_page_size(options.limit);
  const auto found = call<MonitoringService>(session, **stub, &MonitoringService::Stub::ListStuck, request);
  if (!found) return session.fail(found.error());
  const bool vi = session.language == Language::kVietnamese;
  Table table({vi ? "LOẠI" : "KIND", vi ? "MÃ HỒ SƠ" : "CODE", vi ? "TỪ LÚC" : "SINCE", vi ? "CỦA" : "WHOSE",
               vi ? "LÝ DO" : "REASON", vi ? "VIỆC CẦN LÀM" : "CURE"});
  for (const auto& one : found->dossiers()) {
    const auto& dossier = one.dossier();
    table.row({kind_text(one.kind(), session.language),
               dossier.dossier_code().empty() ? dossier.dossier_id() : dossier.dossier_code(),
               local_text(instant_of(one.since_time())), whose(one), one.reason().empty() ? "-" : one.reason(),
               vi ? one.cure_vi() : one.cure_en()});
  }
  session.show(table, to_json(*found));
  if (session.json()) return;
  session.line({std::to_string(found->total()) + " hồ sơ đang kẹt", std::to_string(found->total()) + " stuck"});
}

template <class Request>
void name_dossier(const std::string& id_or_code, Request& request) {
  // Only ids have an underscore (docs/glossary.md).
  if (id_or_code.find('_') != std::string::npos) {
    request.set_dossier_id(id_or_code);
  } else {
    request.set_dossier_code(id_or_code);
  }
}

std::string cause_text(const monitoring_api::TimelineEntry& entry, Language language) {
  const bool vi = language == Language::kVietnamese;
  switch (entry.cause()) {
    case monitoring_api::CAUSE_KIND_COMMAND: return vi ? "lệnh" : "command";
    case monitoring_api::CAUSE_KIND_INPUT: return (vi ? "từ " : "from ") + entry.source().service();
    case monitoring_api::CAUSE_KIND_PARK: return (vi ? "dừng vì " : "parked: ") + entry.note();
    case monitoring_api::CAUSE_KIND_QUEUED: return vi ? "xếp chờ" : "queued";
    case monitoring_api::CAUSE_KIND_DRAIN: return (vi ? "lấy lại từ " : "drained from ") + entry.source().service();
    case monitoring_api::CAUSE_KIND_RESUME: return (vi ? "người vận hành: " : "operator: ") + entry.note();
    case monitoring_api::CAUSE_KIND_TIMER: return vi ? "đến hạn" : "timer";
    case monitoring_api::CAUSE_KIND_OUTCOME: return vi ? "kết quả gửi" : "outcome";
    case monitoring_api::CAUSE_KIND_REVIEW: return vi ? "danh mục mới" : "new catalogue";
    case monitoring_api::CAUSE_KIND_UNSPECIFIED:
    case monitoring_api::CauseKind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case monitoring_api::CauseKind_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "-";
}

/// `MILESTONE_IN_TRANSIT` -> `IN_TRANSIT`: what follows the words of the enumeration's own name.
std::string short_name(const std::string& name) {
  for (const std::string_view prefix : {"MILESTONE_", "STABLE_STATE_", "SHIPMENT_KIND_", "NOTICE_PHASE_", "CHANNEL_"}) {
    if (name.starts_with(prefix)) return name.substr(prefix.size());
  }
  return name;
}

std::string events_text(const monitoring_api::TimelineEntry& entry) {
  std::string out;
  for (const auto& event : entry.events()) {
    if (!out.empty()) out += ", ";
    out += event.name();
    if (event.leg().leg() != 0) out += " " + std::to_string(event.leg().leg()) + "." + std::to_string(event.leg().attempt());
    if (!event.agency().empty()) out += " " + event.agency();
    if (event.paper().shipment() != 0) out += " #" + std::to_string(event.paper().shipment());
    if (event.paper().milestone() != 0) out += " " + short_name(postal_api::Milestone_Name(event.paper().milestone()));
    if (event.notice().notice() != 0) out += " #" + std::to_string(event.notice().notice());
    if (!event.notice().event().empty()) out += " " + event.notice().event();
    if (!event.reason_code().empty()) out += " " + event.reason_code();
  }
  return out.empty() ? "-" : out;
}

std::string machine_text(const monitoring_api::TimelineEntry& entry, Language language) {
  return entry.has_machine_time() ? seconds_text(duration_of(entry.machine_time()), language) : "-";
}

// The machine's time and the time under the law stand in columns of their own and are never added up.
Table hops_table(const monitoring_api::GetTimelineResponse& timeline, Language language) {
  const bool vi = language == Language::kVietnamese;
  Table table({"#", vi ? "CẤP" : "TIER", vi ? "CƠ QUAN" : "AGENCY", vi ? "GỬI LÚC" : "OFFERED", vi ? "NHẬN" : "ACCEPTED",
               vi ? "TRẢ KẾT QUẢ" : "COMPLETED", vi ? "HẠN" : "DUE", vi ? "GIỮ (PHÚT LV)" : "HELD (WORK MIN)",
               vi ? "MÁY CHUYỂN" : "MACHINE", vi ? "TRẠNG THÁI" : "STATE"});
  for (const auto& hop : timeline.hops()) {
    std::string state = vi ? "chờ nhận" : "offered";
    if (hop.has_end_time()) {
      state = vi ? "đã kết thúc" : "ended";
    } else if (hop.has_confirm_time()) {
      state = vi ? "xong" : "done";
    } else if (hop.has_complete_time()) {
      state = vi ? "chờ xác nhận" : "to be confirmed";
    } else if (hop.has_accept_time()) {
      state = vi ? "đang xử lý" : "in work";
    }
    if (hop.late()) state += vi ? " ⛔ trễ" : " ⛔ late";
    table.row({std::to_string(hop.leg().leg()) + "." + std::to_string(hop.leg().attempt()), hop.tier(), hop.agency(),
               local_text(instant_of(hop.offer_time())), local_text(instant_of(hop.accept_time())),
               local_text(instant_of(hop.complete_time())), local_text(instant_of(hop.due_time())),
               std::to_string(hop.statutory_minutes()),
               hop.has_delivery_machine_time() ? seconds_text(duration_of(hop.delivery_machine_time()), language) : "-",
               state});
  }
  return table;
}

Table shipments_table(const monitoring_api::GetTimelineResponse& timeline, Language language) {
  const bool vi = language == Language::kVietnamese;
  Table table({vi ? "BƯU GỬI" : "SHIPMENT", vi ? "LOẠI" : "KIND", vi ? "HÃNG" : "CARRIER", vi ? "SỐ HIỆU" : "ITEM",
               vi ? "TRẠNG THÁI" : "STATE", vi ? "TỪ LÚC" : "SINCE", vi ? "IM LẶNG TỪ" : "SILENT SINCE"});
  for (const auto& one : timeline.shipments()) {
    std::string state = short_name(postal_api::StableState_Name(one.stable()));
    if (!one.reason_code().empty()) state += " " + one.reason_code();
    table.row({"#" + std::to_string(one.number()), short_name(postal_api::ShipmentKind_Name(one.kind())), one.carrier(),
               one.item().empty() ? "-" : one.item(), state, local_text(instant_of(one.since_time())),
               one.has_silent_since_time() ? "⚠ " + local_text(instant_of(one.silent_since_time())) : "-"});
  }
  return table;
}

Table notices_table(const monitoring_api::GetTimelineResponse& timeline, Language language) {
  const bool vi = language == Language::kVietnamese;
  Table table({vi ? "THÔNG BÁO" : "NOTICE", vi ? "VIỆC" : "EVENT", vi ? "CHO" : "TO", vi ? "KÊNH" : "CHANNEL",
               vi ? "TRẠNG THÁI" : "STATE", vi ? "TỪ LÚC" : "SINCE"});
  for (const auto& one : timeline.notices()) {
    std::string state = short_name(notification_api::NoticePhase_Name(one.phase()));
    if (!one.reason_code().empty()) state += " " + one.reason_code();
    table.row({"#" + std::to_string(one.number()), one.event(), one.agency().empty() ? one.recipient() : one.agency(),
               short_name(notification_api::Channel_Name(one.channel())), state, local_text(instant_of(one.change_time()))});
  }
  return table;
}

void trace(Session& session, const TraceOptions& options) {
  auto stub = monitoring_stub(session);
  if (!stub) return session.fail(stub.error());
  monitoring_api::GetTimelineRequest request;
  name_dossier(options.dossier, request);
  const auto found = call<MonitoringService>(session, **stub, &MonitoringService::Stub::GetTimeline, request);
  if (!found) return session.fail(found.error());
  if (session.json()) return session.show(Table({""}), to_json(*found));
  const auto& dossier = found->dossier();
  const std::string head = (dossier.dossier_code().empty() ? dossier.dossier_id() : dossier.dossier_code()) + "  " +
                           dossier.procedure_code() + "  " + status_text(dossier.status(), session.language);
  const std::string due = local_text(instant_of(dossier.due_time()));
  session.line({head + "  đang ở " + (dossier.holder().empty() ? "-" : dossier.holder()) + "  hạn " + due,
                head + "  held by " + (dossier.holder().empty() ? "-" : dossier.holder()) + "  due " + due});
  session.show(hops_table(*found, session.language), {});
  if (found->shipments_size() > 0) session.show(shipments_table(*found, session.language), {});
  if (found->notices_size() > 0) session.show(notices_table(*found, session.language), {});
  if (options.decisions) {
    const bool vi = session.language == Language::kVietnamese;
    Table table({vi ? "LÚC" : "AT", vi ? "DỊCH VỤ" : "SERVICE", vi ? "LẦN" : "REV", vi ? "VÌ" : "CAUSE",
                 vi ? "MÁY" : "MACHINE", vi ? "SỰ KIỆN" : "EVENTS"},
                {Align::kLeft, Align::kLeft, Align::kRight});
    for (const auto& entry : found->entries()) {
      table.row({local_text(instant_of(entry.decide_time())), entry.service(), std::to_string(entry.revision()),
                 cause_text(entry, session.language), machine_text(entry, session.language), events_text(entry)});
    }
    session.show(table, {});
  }
  if (!found->complete()) {
    session.line({"… còn quyết định đang trên đường tới; hãy xem lại sau giây lát",
                  "… decisions are still on their way here; look again in a moment"});
  }
  const std::string machine = seconds_text(duration_of(found->machine_time()), session.language);
  const std::string minutes = grouped(static_cast<std::uint64_t>(found->statutory_minutes()), session.language);
  session.line({"máy: " + machine + " · luật định: " + minutes + " phút làm việc · " +
                    std::to_string(found->entries_size()) + " quyết định · giờ: GMT+7",
                "machine: " + machine + " · statutory: " + minutes + " working minutes · " +
                    std::to_string(found->entries_size()) + " decisions · zone: GMT+7"});
}

void show_entries(const Session& session, const monitoring_api::WatchDossierResponse& message) {
  if (session.json()) {
    std::cout << to_json(message).dump() << std::endl;
    return;
  }
  for (const auto& entry : message.entries()) {
    const std::string line = local_text(instant_of(entry.decide_time())) + "  " + entry.service() + "  " +
                             cause_text(entry, session.language) + "  " + events_text(entry) + "  " +
                             machine_text(entry, session.language);
    session.line({line, line});
  }
  std::cout << std::flush;
}

// Goes on from its cursor when the connection or the server was lost.
void watch(Session& session, const WatchOptions& options) {
  using Clock = std::chrono::system_clock;
  std::string id = options.dossier;
  if (id.find('_') == std::string::npos) {
    const auto dossier = fetch_dossier(session, id);
    if (!dossier) return session.fail(dossier.error());
    id = dossier->dossier_id();
  }
  auto stub = monitoring_stub(session);
  if (!stub) return session.fail(stub.error());
  monitoring_api::WatchDossierRequest request;
  request.set_dossier_id(id);
  const auto until = Clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(options.seconds * 1000));
  auto give_up = Clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(session.timeout * 1000));
  for (;;) {
    grpc::ClientContext context;
    if (options.seconds > 0) context.set_deadline(until);
    if (!session.settings.tls && !session.settings.caller.empty()) rpc::name_caller(context, session.settings.caller);
    const auto stream = (*stub)->WatchDossier(&context, request);
    monitoring_api::WatchDossierResponse message;
    while (stream->Read(&message)) {
      show_entries(session, message);
      request.set_cursor(message.cursor());
      give_up = Clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(session.timeout * 1000));
    }
    const auto status = stream->Finish();
    if (options.seconds > 0 && Clock::now() >= until) return;
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE || Clock::now() >= give_up) {
      return session.fail(rpc::to_error(status));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

void add_dossier_views(CLI::App& dossier, Session& session) {
  auto trace_options = std::make_shared<TraceOptions>();
  auto* traced =
      dossier.add_subcommand("trace", "Đường đi qua mọi dịch vụ, từng chặng · its way through all services, hop by hop");
  traced->add_option("dossier", trace_options->dossier, "mã hồ sơ hoặc định danh · code or id")->required();
  traced->add_flag("--decisions", trace_options->decisions, "cả từng quyết định · every decision, too");
  traced->callback([&session, trace_options] { trace(session, *trace_options); });

  auto watch_options = std::make_shared<WatchOptions>();
  auto* watched = dossier.add_subcommand("watch", "Theo dõi trực tiếp cho đến Ctrl-C · follow it until Ctrl-C");
  watched->add_option("dossier", watch_options->dossier, "mã hồ sơ hoặc định danh · code or id")->required();
  watched->add_option("--for", watch_options->seconds, "giây; 0: mãi · seconds, 0: for ever")
      ->check(CLI::Range(0.0, 86400.0));
  watched->callback([&session, watch_options] { watch(session, *watch_options); });
}

}  // namespace

void add_monitoring_commands(CLI::App& root, Session& session) {
  auto flow_options = std::make_shared<FlowOptions>();
  auto* shown =
      root.add_subcommand("flow", "Luồng: sổ cái, bên đọc, độ trễ, đối soát · ledgers, readers, lag, reconciliation");
  shown->add_option("--ledger", flow_options->ledger, "chỉ một sổ cái · one ledger only");
  shown->callback([&session, flow_options] { flow(session, *flow_options); });

  auto stuck_options = std::make_shared<StuckOptions>();
  auto* listed =
      root.add_subcommand("stuck", "Hồ sơ đang kẹt: của ai, từ khi nào, làm gì · what is stuck, whose, since when");
  std::vector<std::string> kinds;
  for (const auto& [name, kind] : stuck_kinds()) kinds.push_back(name);
  listed->add_option("--kind", stuck_options->kind, "loại · kind")->check(CLI::IsMember(kinds));
  listed->add_option("--min-age", stuck_options->min_age_minutes, "phút, lâu hơn · minutes, longer than")
      ->check(CLI::Range(0.0, 1e6));
  listed->add_option("--limit", stuck_options->limit, "số hồ sơ · dossiers")
      ->check(CLI::Range(1, 200))
      ->capture_default_str();
  listed->callback([&session, stuck_options] { stuck(session, *stuck_options); });

  add_dossier_views(*root.get_subcommand("dossier"), session);
}

}  // namespace lienthong::ltctl
