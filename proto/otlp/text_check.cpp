// SPDX-License-Identifier: Apache-2.0
#include "otlp/text_check.hpp"

#include "envelope_text.hpp"

namespace sonde::schema::otlp {
namespace {

class checking_sink final : public message_sink {
public:
    [[nodiscard]] bool is_clean() const noexcept { return is_clean_; }

    void entry(std::string_view key) override { look_at(key); }
    void scalar(const field_plan& field, const wire::field& value) override {
        if (field.kind == field_kind::text) {
            look_at(value.text());
        }
    }
    void member(const field_plan&) override {}
    void element() override {}
    void open_object() override {}
    void close_object() override {}
    void open_list() override {}
    void close_list() override {}

private:
    void look_at(std::string_view text) { is_clean_ = is_clean_ && is_utf8(text); }

    bool is_clean_ = true;
};

}  // namespace

bool text_check::holds(std::string_view type, std::span<const std::uint8_t> payload) {
    checking_sink sink;
    return walker_.walk(*plans_.find(type), payload, sink) && sink.is_clean();
}

}  // namespace sonde::schema::otlp
