#pragma once

#include "platform/base/position.h"
#include "platform/base/result.h"
#include "platform/block/block.h"
#include "platform/ports/log.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lienthong::ports {

/// Outcome of one `publish`. `done`: everybody who reads the topic has it or will. Else nobody knows, and nothing published
/// later appears before `reset`.
struct Published {
  Ticket ticket = 0;
  bool done = false;
};

/// Takes the outcomes of a publisher.
/// Thread-safety: called from any thread of the implementation; must not block and not call back into the port.
class PublisherSink {
 public:
  virtual ~PublisherSink() = default;
  virtual void on_published(Published message) = 0;
};

/// The public topic as one caller sees it.
/// All calls return at once; what a caller publishes for a partition appears in the order of the calls without a gap, also
/// when the caller is gone before it appears. Thread-safety: one thread at a time per object.
class Publisher {
 public:
  virtual ~Publisher() = default;
  /// Publishes the public events of one decision of an effective block; answered by Published, or never.
  virtual void publish(const LedgerPartition& partition, const block::BlockPtr& block, std::size_t leaf, Ticket ticket) = 0;
  /// After a failure or a silence: what is under way may still appear; what is published from now on starts anew.
  virtual void reset(const LedgerPartition& partition) = 0;
};

/// A public topic that any number of callers may attach to.
/// Thread-safety: `attach` from any thread; the sink must outlive the returned object.
class PublisherBackend {
 public:
  virtual ~PublisherBackend() = default;
  virtual std::unique_ptr<Publisher> attach(PublisherSink& sink) = 0;
};

/// One message of a public topic.
struct PublicMessage {
  std::string key;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string value;
};
/// Makes the messages of one decision, in order. Errors: kDataLoss when the decision can't be read.
/// Thread-safety: any thread.
using MakePublicMessages =
    std::function<Result<std::vector<PublicMessage>>(const LedgerPartition&, const block::Block&, std::size_t leaf)>;

}  // namespace lienthong::ports
