// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The first place in which two trees of records and lists differ. */
public final class Differences {
    private Differences() {}

    public static @Nullable String between(@Nullable Object shown, @Nullable Object right) {
        return Objects.equals(shown, right) ? null : between("", shown, right);
    }

    private static @Nullable String between(String path, @Nullable Object shown, @Nullable Object right) {
        if (Objects.equals(shown, right)) {
            return null;
        }
        if (shown instanceof Record one && right instanceof Record other && one.getClass() == other.getClass()) {
            return betweenRecords(path, one, other);
        }
        if (shown instanceof List<?> one && right instanceof List<?> other && one.size() == other.size()) {
            for (int i = 0; i < one.size(); i++) {
                String difference = between(path + "[" + i + "]", one.get(i), other.get(i));
                if (difference != null) {
                    return difference;
                }
            }
        }
        return path + ": " + shown + " and " + right;
    }

    private static String betweenRecords(String path, Record one, Record other) {
        try {
            for (RecordComponent component : one.getClass().getRecordComponents()) {
                String difference = between(
                        path + "." + component.getName(),
                        component.getAccessor().invoke(one),
                        component.getAccessor().invoke(other));
                if (difference != null) {
                    return difference;
                }
            }
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(one.getClass() + " is no record of public values", e);
        }
        return path + ": " + one + " and " + other;
    }
}
