// SPDX-License-Identifier: Apache-2.0
#include <sonde/schema/text.hpp>

#include <ctime>

#include "envelope_text.hpp"
#include "message_walker.hpp"

namespace sonde::schema {
namespace {

// Column widths that fit the usual names; longer ones push the rest of their line to the right.
constexpr std::size_t topic_width = 20;
constexpr std::size_t node_width = 12;

std::size_t characters_in(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) {
        count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }
    return count;
}

// `append_visible` leaves only whole characters, so a cut before a lead byte is a cut between characters.
void cut(std::string& line, std::size_t begin, std::size_t width) {
    std::size_t count = 0;
    std::size_t last = begin;  // where the last character starts that still fits beside the ellipsis
    for (std::size_t i = begin; i < line.size(); ++i) {
        if ((static_cast<unsigned char>(line[i]) & 0xc0) == 0x80) {
            continue;
        }
        if (++count == width) {
            last = i;
        }
        if (count > width) {
            line.resize(last);
            line += "…";
            return;
        }
    }
}

void append_column(std::string_view text, std::size_t width, std::string& out) {
    const std::size_t begin = out.size();
    append_visible(text, out);
    const std::size_t taken = characters_in(std::string_view(out).substr(begin));
    out.append(taken < width ? width - taken + 1 : 1, ' ');
}

// Flat " name=value" pairs, in the order of the schema, which puts the telling fields first; nothing beyond `limit`.
class text_sink final : public message_sink {
public:
    text_sink(std::string& out, std::size_t limit) : out_(out), limit_(limit) {}

    void member(const field_plan& field) override { name_ = field.name; }
    void entry(std::string_view key) override { name_ = key; }
    void element() override {}
    void open_object() override {}
    void close_object() override {}
    void open_list() override {
        list_.clear();
        in_list_ = true;
    }
    void close_list() override {
        in_list_ = false;
        if (!list_.empty()) {
            append(list_);
        }
    }
    void scalar(const field_plan& field, const wire::field& value) override {
        if (limit_ != 0 && out_.size() > limit_) {
            return;
        }
        value_.clear();
        append_plain(field, value, value_);
        if (!in_list_) {
            append(value_);
            return;
        }
        list_ += list_.empty() ? "" : " ";
        list_ += value_;
    }

private:
    void append(std::string_view value) {
        if (limit_ == 0 || out_.size() <= limit_) {
            out_ += ' ';
            append_visible(name_, out_);
            out_ += '=';
            append_visible(value, out_);
        }
    }

    std::string& out_;
    std::size_t limit_;
    std::string name_;
    std::string value_;
    std::string list_;
    bool in_list_ = false;
};

}  // namespace

struct text_printer::state {
    std::size_t width;
    plan_store plans;
    message_walker walker;
    std::time_t second = -1;
    std::string clock{};  // local time of `second`

    void append_local_time(std::uint64_t unix_nanoseconds, std::string& out);
    void append_subject(const envelope_view& envelope, std::string& out) const;
    void append_payload(const envelope_view& envelope, std::size_t limit, std::string& out);
};

text_printer::text_printer(std::size_t width) : state_(new state{.width = width, .plans = {}, .walker = {}}) {}
text_printer::text_printer(text_printer&&) noexcept = default;
text_printer& text_printer::operator=(text_printer&&) noexcept = default;
text_printer::~text_printer() = default;

void text_printer::append(const envelope_view& envelope, std::string& out) {
    const std::size_t begin = out.size();
    state_->append_local_time(envelope.time, out);
    append_column(envelope.resource.topic, topic_width, out);
    const std::string_view node = envelope.resource.node_name;
    append_column(node.empty() ? envelope.resource.source : node, node_width, out);
    out.pop_back();  // every field brings its own space
    state_->append_subject(envelope, out);
    // A character has at most four bytes: what lies beyond so many is cut anyway.
    const std::size_t limit = state_->width == 0 ? 0 : begin + 4 * state_->width;
    state_->append_payload(envelope, limit, out);
    if (state_->width != 0) {
        cut(out, begin, state_->width);
    }
}

void text_printer::state::append_local_time(std::uint64_t unix_nanoseconds, std::string& out) {
    constexpr std::uint64_t nanoseconds = 1'000'000'000;
    const auto at = static_cast<std::time_t>(unix_nanoseconds / nanoseconds);
    if (at != second) {
        second = at;
        std::tm local{};
        ::localtime_r(&at, &local);
        clock = fmt::format("{:02}:{:02}:{:02}.", local.tm_hour, local.tm_min, local.tm_sec);
    }
    out += clock;
    out += fmt::format("{:06} ", unix_nanoseconds % nanoseconds / 1000);
}

void text_printer::state::append_subject(const envelope_view& envelope, std::string& out) const {
    if (envelope.snapshot) {
        out += " snapshot";
    }
    if (!envelope.pod_name.empty()) {
        out += " pod=";
        append_visible(envelope.pod_namespace, out);
        out += '/';
        append_visible(envelope.pod_name, out);
    } else if (!envelope.container_id.empty()) {
        out += " container=";
        append_visible(envelope.container_id.substr(0, 12), out);
    }
}

void text_printer::state::append_payload(const envelope_view& envelope, std::size_t limit, std::string& out) {
    const std::size_t begin = out.size();
    const message_plan* const plan = plans.find(envelope.content_type);
    text_sink sink(out, limit);
    if (plan != nullptr && walker.walk(*plan, envelope.data, sink)) {
        return;
    }
    out.resize(begin);
    out += fmt::format(" {}=", plan == nullptr ? "content_type" : "malformed");
    append_visible(envelope.content_type, out);
    out += fmt::format(" bytes={}", envelope.data.size());
}

}  // namespace sonde::schema
