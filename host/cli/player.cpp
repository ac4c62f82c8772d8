// SPDX-License-Identifier: Apache-2.0
#include "cli/player.hpp"

#include <algorithm>
#include <cstdio>

#include <sonde/text.hpp>

#include "bus/recording.hpp"

namespace sonde::cli {

namespace {

constexpr std::int64_t longest_hold = 20'000'000'000;  // after the last batch: what is held back is let go
// Between two batches. Whoever wants to be called at once for ever is called no more than this.
constexpr int most_calls = 1'000'000;

}  // namespace

class played_instance final {
public:
    played_instance(const played_component& of, std::string node_name, const replay_clock& clock)
        : table_(*of.table), ops_(*of.table->ops), topics_(of.topics), clock_(&clock),
          host_(of.type, of.name, std::move(node_name), clock) {}
    played_instance(const played_instance&) = delete;
    played_instance& operator=(const played_instance&) = delete;
    ~played_instance() {
        if (self_ != nullptr) {
            ops_.destroy(self_);
        }
    }

    [[nodiscard]] result<void> start(const sonde_config& values) {
        if (auto made = called([&](sonde_error* e) { return table_.create(host_.abi(), &self_, e); }); !made) {
            return made;
        }
        if (auto set = called([&](sonde_error* e) { return ops_.configure(self_, &values, e); }); !set) {
            return set;
        }
        return called([&](sonde_error* e) { return ops_.start(self_, e); });
    }
    [[nodiscard]] bool wants(const replayed_batch& batch) const {
        return batch.publisher != &host_ &&
               std::ranges::any_of(topics_, [&](const auto& each) { return batch.topic.starts_with(each); });
    }
    [[nodiscard]] result<void> consume(const replayed_batch_ptr& batch) {
        host_.offer(batch);
        const sonde_batch view = batch->view();
        return called([&](sonde_error* e) { return ops_.consume(self_, &view, e); });
    }
    void idle() { next_ = ops_.idle != nullptr ? ops_.idle(self_, clock_->monotonic) : 0; }
    // When it wants to be called; 0: not at all.
    [[nodiscard]] std::int64_t next() const noexcept { return next_; }
    [[nodiscard]] result<void> stop() {
        return called([&](sonde_error* e) { return ops_.stop(self_, clock_->monotonic + longest_hold, e); });
    }
    [[nodiscard]] std::vector<replayed_batch_ptr> take() { return host_.take(); }

private:
    template <class Call>
    [[nodiscard]] static result<void> called(Call&& call) {
        sonde_error said = blank_error();
        const sonde_rc rc = call(&said);
        return rc == SONDE_OK ? result<void>{} : std::unexpected(load(rc, said));
    }

    const sonde_component& table_;
    const sonde_ops& ops_;
    const std::vector<std::string> topics_;
    const replay_clock* clock_;
    replay_host host_;
    void* self_ = nullptr;
    std::int64_t next_ = 0;
};

player::player(printer with, std::string topic) : printer_(std::move(with)), topic_(std::move(topic)) {}

player::~player() = default;

void player::begin(const sonde_batch_header& first, std::string node_name) {
    clock_ = {first.last_time, first.wall_offset};
    node_name_ = std::move(node_name);
}

result<void> player::add(const played_component& added, const sonde_config& values) {
    instances_.push_back(std::make_unique<played_instance>(added, node_name_, clock_));
    return instances_.back()->start(values);
}

result<void> player::play(std::span<const std::uint8_t> record) {
    auto batch = std::make_shared<replayed_batch>();
    batch->header = bus::header_of(record);
    const auto body = bus::body_of(record);
    batch->body.assign(body.begin(), body.end());
    reader_.open(batch->body, batch->header.first_item, {});
    if (const auto* first = reader_.next()) {
        batch->topic = first->resource.topic;
    }
    if (auto waited = wait_until(batch->header.last_time); !waited) {
        return waited;
    }
    clock_.wall_offset = batch->header.wall_offset;
    return pass_on(batch);
}

result<void> player::end() {
    result<void> ended = wait_until(clock_.monotonic + longest_hold);
    for (auto& each : instances_) {
        if (auto stopped = each->stop(); !stopped) {
            ended = stopped;
        }
        for (const auto& batch : each->take()) {
            print(*batch);
        }
    }
    return ended;
}

// Whoever wanted to be called before `time` is, in the order of their times.
result<void> player::wait_until(std::int64_t time) {
    for (int call = 0; call < most_calls; ++call) {
        played_instance* first = nullptr;
        for (auto& each : instances_) {
            if (each->next() != 0 && each->next() <= time && (first == nullptr || each->next() < first->next())) {
                first = each.get();
            }
        }
        if (first == nullptr) {
            break;
        }
        clock_.advance(first->next());
        first->idle();
        if (auto spread_out = spread(*first); !spread_out) {
            return spread_out;
        }
    }
    clock_.advance(time);
    return {};
}

result<void> player::pass_on(const replayed_batch_ptr& batch) {
    for (auto& each : instances_) {
        if (!each->wants(*batch)) {
            continue;
        }
        if (auto taken = each->consume(batch); !taken) {
            return taken;
        }
        each->idle();
        if (auto spread_out = spread(*each); !spread_out) {
            return spread_out;
        }
    }
    return {};
}

// Enrichers may feed on each other; none hears itself.
result<void> player::spread(played_instance& from) {
    for (const auto& batch : from.take()) {
        print(*batch);
        if (auto passed = pass_on(batch); !passed) {
            return passed;
        }
    }
    return {};
}

void player::print(replayed_batch& batch) {
    if (!batch.topic.starts_with(topic_)) {
        return;
    }
    std::string lines;
    reader_.open(batch.body, batch.header.first_item, batch.topic);
    while (const auto* each = reader_.next()) {
        std::visit([&](auto& with) { with.append(*each, lines); }, printer_);
        lines += '\n';
    }
    std::fwrite(lines.data(), 1, lines.size(), stdout);
}

}  // namespace sonde::cli
