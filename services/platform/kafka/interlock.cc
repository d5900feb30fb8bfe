#include "platform/kafka/interlock.h"

#include <map>
#include <string>

namespace lienthong::kafka {
namespace {

std::map<std::string, std::string> topic_settings(std::uint32_t min_insync_replicas) {
  return {{"cleanup.policy", "delete"},
          {"retention.ms", "-1"},
          {"retention.bytes", "-1"},
          {"min.insync.replicas", std::to_string(min_insync_replicas)},
          {"unclean.leader.election.enable", "false"},
          {"message.timestamp.type", "LogAppendTime"},
          {"max.message.bytes", "2097152"}};
}

// docs/ledger.md says when the bytes of an erased record are gone with these.
std::map<std::string, std::string> compacted_settings(std::uint32_t min_insync_replicas) {
  return {{"cleanup.policy", "compact"},
          {"min.insync.replicas", std::to_string(min_insync_replicas)},
          {"unclean.leader.election.enable", "false"},
          {"message.timestamp.type", "LogAppendTime"},
          {"max.compaction.lag.ms", "86400000"},
          {"min.cleanable.dirty.ratio", "0.1"},
          {"delete.retention.ms", "604800000"},
          {"segment.ms", "21600000"},
          // The cleaner's map on one machine (2 MiB) holds some 78,000 keys; a segment must fit into it.
          {"segment.bytes", "4194304"}};
}

std::map<std::string, std::string> public_settings(std::uint32_t min_insync_replicas) {
  return {{"cleanup.policy", "delete"},
          {"retention.ms", "2592000000"},  // 30 days
          {"retention.bytes", "-1"},
          {"min.insync.replicas", std::to_string(min_insync_replicas)},
          {"unclean.leader.election.enable", "false"},
          {"message.timestamp.type", "LogAppendTime"},
          {"max.message.bytes", "2097152"}};
}

std::map<std::string, std::string> settings_of(BesideKind kind, std::uint32_t min_insync_replicas) {
  return kind == BesideKind::kPublic ? public_settings(min_insync_replicas) : compacted_settings(min_insync_replicas);
}

std::string topic_of(const LedgerName& ledger) { return LedgerPartition{ledger, 0}.topic(); }

Error changed_setting(const std::string& topic, const std::string& name, const std::string& found,
                      const std::string& wanted) {
  return ports::difference(topic, name, found, wanted, "Đặt lại thiết lập của topic rồi khởi động lại dịch vụ.",
                           "Set the topic's configuration back, then start the service again.");
}

// Replication and settings of a topic against what it was made with.
Result<void> compare(Admin& admin, const std::string& topic, const TopicDescription& description,
                     std::uint32_t replication_factor, const std::map<std::string, std::string>& wanted,
                     ports::InterlockReport& report) {
  if (description.replication_factor != replication_factor) {
    report.differences.push_back(changed_setting(topic, "replication factor", std::to_string(description.replication_factor),
                                                 std::to_string(replication_factor)));
  }
  const auto settings = admin.topic_settings(topic);
  if (!settings) return failure(settings.error());
  for (const auto& [name, value] : wanted) {
    const auto found = settings->find(name);
    const std::string now = found == settings->end() ? "unknown" : found->second;
    if (now != value) report.differences.push_back(changed_setting(topic, name, now, value));
  }
  return {};
}

Error changed_count(const std::string& topic, std::uint32_t found, std::uint32_t wanted) {
  return ports::difference(topic, "partition_count", std::to_string(found), std::to_string(wanted),
                           "Số phân vùng không đổi được; dùng số đã có.",
                           "The number of partitions never changes; use the one it has.");
}

Result<void> check_ledger(Admin& admin, const LedgerName& ledger, const std::string& cluster_id,
                          ports::InterlockReport& report) {
  const auto topic = topic_of(ledger);
  const auto description = admin.describe_topic(topic);
  if (!description) {
    if (description.error().code != ErrorCode::kNotFound) return failure(description.error());
    report.differences.push_back(description.error());
    return {};
  }
  for (std::uint32_t p = 0; p < description->partition_count; ++p) {
    const LedgerPartition partition{ledger, p};
    const auto first = admin.read(partition, 0);
    if (!first) return failure(first.error());
    ports::check_genesis(partition, description->partition_count, cluster_id, *first, report);
  }
  const auto genesis = report.genesis.find({ledger, 0});
  if (genesis == report.genesis.end()) return {};
  const auto& made_for = genesis->second->core().genesis();
  return compare(admin, topic, *description, made_for.replication_factor(), topic_settings(made_for.min_insync_replicas()),
                 report);
}

}  // namespace

Result<void> make_ledgers(Admin& admin, const ports::Installation& installation, ports::Entropy& entropy, Instant now) {
  const auto cluster_id = admin.cluster_id();
  if (!cluster_id) return failure(cluster_id.error());
  for (const auto& plan : installation.ledgers) {
    const auto topic = topic_of(plan.ledger);
    const auto created = admin.create_topic(topic, plan.partition_count, installation.replication_factor,
                                            topic_settings(installation.min_insync_replicas));
    if (!created) return failure(created.error());
    const auto description = admin.describe_topic(topic);
    if (!description) return failure(description.error());
    if (description->partition_count != plan.partition_count) {
      return failure(changed_count(topic, description->partition_count, plan.partition_count));
    }
    for (std::uint32_t p = 0; p < plan.partition_count; ++p) {
      const LedgerPartition partition{plan.ledger, p};
      const auto end = admin.end_offset(partition);
      if (!end) return failure(end.error());
      if (*end > 0) continue;
      const auto written = admin.append(
          partition, ports::make_genesis(installation, partition, plan.partition_count, *cluster_id, entropy, now));
      if (!written) return failure(written.error());
      if (*written != 0) {
        return failure(ports::difference(topic, "genesis offset", std::to_string(*written), "0",
                                         "Hai tiến trình cùng tạo sổ; xóa topic và tạo lại bằng một tiến trình.",
                                         "Two processes made this ledger; delete the topic and make it again with one."));
      }
    }
  }
  return {};
}

Result<ports::InterlockReport> check_ledgers(Admin& admin, const std::vector<LedgerName>& ledgers) {
  const auto cluster_id = admin.cluster_id();
  if (!cluster_id) return failure(cluster_id.error());
  ports::InterlockReport report;
  for (const auto& ledger : ledgers) {
    const auto checked = check_ledger(admin, ledger, *cluster_id, report);
    if (!checked) return failure(checked.error());
  }
  ports::check_agreement(report);
  return report;
}

Result<void> make_topic_beside(Admin& admin, const std::string& topic, BesideKind kind, std::uint32_t partition_count,
                               const ports::Installation& installation) {
  const auto created = admin.create_topic(topic, partition_count, installation.replication_factor,
                                          settings_of(kind, installation.min_insync_replicas));
  if (!created) return created;
  const auto description = admin.describe_topic(topic);
  if (!description) return failure(description.error());
  if (description->partition_count == partition_count) return {};
  return failure(changed_count(topic, description->partition_count, partition_count));
}

Result<void> check_topic_beside(Admin& admin, const std::string& topic, BesideKind kind, const LedgerName& beside,
                                ports::InterlockReport& report) {
  const auto genesis = report.genesis.find({beside, 0});
  if (genesis == report.genesis.end()) return {};
  const auto& made_for = genesis->second->core().genesis();
  const auto description = admin.describe_topic(topic);
  if (!description) {
    if (description.error().code != ErrorCode::kNotFound) return failure(description.error());
    report.differences.push_back(description.error());
    return {};
  }
  const bool fits = kind == BesideKind::kPublic ? description->partition_count >= made_for.partition_count()
                                                : description->partition_count == made_for.partition_count();
  if (!fits) report.differences.push_back(changed_count(topic, description->partition_count, made_for.partition_count()));
  return compare(admin, topic, *description, made_for.replication_factor(),
                 settings_of(kind, made_for.min_insync_replicas()), report);
}

}  // namespace lienthong::kafka
