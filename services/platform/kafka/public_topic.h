#pragma once

#include "platform/kafka/settings.h"
#include "platform/ports/publisher.h"

#include <functional>
#include <string>
#include <string_view>

namespace lienthong::kafka {

struct PublicTopicSettings {
  Settings connection;
  std::string topic;
  ports::MakePublicMessages messages;
  /// A decision that can't be published, from any thread.
  std::function<void(const LedgerPartition& partition, std::string_view detail)> alarm;
};

/// The public topic; what is of partition p of a ledger goes to its partition p. Messages wait for a broker that is away.
/// Each attachment has one producer.
class PublicTopic final : public ports::PublisherBackend {
 public:
  explicit PublicTopic(PublicTopicSettings settings) : settings_(std::move(settings)) {}
  std::unique_ptr<ports::Publisher> attach(ports::PublisherSink& sink) override;

 private:
  class Attachment;
  PublicTopicSettings settings_;
};

}  // namespace lienthong::kafka
