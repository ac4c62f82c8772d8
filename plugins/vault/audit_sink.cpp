// SPDX-License-Identifier: Apache-2.0
#include "vault/audit_sink.hpp"

namespace sonde::vault {

bool audit_sink::take(std::string_view line, schema::entry_source from, std::chrono::nanoseconds patience) {
    if (line.empty()) {
        return true;
    }
    const auto read = reader_.read(line);
    if (!read) {
        meters_->audit_malformed.add();
        meters_->audit_bytes.add(line.size());
        return true;
    }
    const audit_facts& facts = **read;
    const sonde_rc rc = out_->audit(facts, from, patience);
    if (rc == SONDE_AGAIN || rc == SONDE_STOPPED) {
        return false;
    }
    meters_->audit_bytes.add(line.size());
    meters_->audit_withheld.add(facts.values_withheld);
    meters_->audit_hmac_left_out.add(facts.hmac_fields_left_out);
    if (facts.time != 0) {
        meters_->audit_lag.set((host_.wall() - std::chrono::nanoseconds(facts.time)).count());
    }
    if (rc == SONDE_OK) {
        (from == schema::entry_source::file ? meters_->audit_from_files : meters_->audit_from_sockets).add();
        ++told_;
    }
    return true;
}

void audit_sink::give_up(std::size_t bytes) {
    meters_->audit_lost.add();
    out_->lose_audit(bytes);
}

}  // namespace sonde::vault
