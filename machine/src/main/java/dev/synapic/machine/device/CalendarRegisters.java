// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import java.time.DayOfWeek;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/** The time and alarm registers of a {@link RealTimeClock}: a second in, a byte in the guest's format out, and back. */
final class CalendarRegisters {
    static final int BINARY = 0x04;
    static final int HOURS_24 = 0x02;
    /** The century, in BCD, where ACPI's FADT tells the guest to look. */
    static final int CENTURY = 0x32;

    private static final int SECONDS = 0;
    private static final int SECONDS_ALARM = 1;
    private static final int MINUTES = 2;
    private static final int MINUTES_ALARM = 3;
    private static final int HOURS = 4;
    private static final int HOURS_ALARM = 5;
    private static final int DAY_OF_WEEK = 6;
    private static final int DAY_OF_MONTH = 7;
    private static final int MONTH = 8;
    private static final int YEAR = 9;
    private static final int AFTERNOON = 0x80;
    /** Bits 7:6 set in an alarm register: any value. */
    private static final int ANY = 0xC0;

    private static final int SECONDS_PER_DAY = 86_400;

    private final int[] alarms = new int[6];

    static boolean isTime(int register) {
        return register <= YEAR && !isAlarm(register) || register == CENTURY;
    }

    static boolean isAlarm(int register) {
        return register == SECONDS_ALARM || register == MINUTES_ALARM || register == HOURS_ALARM;
    }

    int alarm(int register) {
        return alarms[register];
    }

    void setAlarm(int register, int value) {
        alarms[register] = value;
    }

    int read(int register, long epochSeconds, int registerB) {
        LocalDateTime time = LocalDateTime.ofEpochSecond(epochSeconds, 0, ZoneOffset.UTC);
        return switch (register) {
            case SECONDS -> encode(time.getSecond(), registerB);
            case MINUTES -> encode(time.getMinute(), registerB);
            case HOURS -> encodeHour(time.getHour(), registerB);
            case DAY_OF_WEEK -> encode(time.getDayOfWeek().getValue() % DayOfWeek.values().length + 1, registerB);
            case DAY_OF_MONTH -> encode(time.getDayOfMonth(), registerB);
            case MONTH -> encode(time.getMonthValue(), registerB);
            case YEAR -> encode(time.getYear() % 100, registerB);
            default -> encode(time.getYear() / 100, 0);
        };
    }

    /** The second that the calendar stands at after that write; what no calendar shows runs over into the next unit. */
    long write(int register, int value, long epochSeconds, int registerB) {
        LocalDateTime time = LocalDateTime.ofEpochSecond(epochSeconds, 0, ZoneOffset.UTC);
        int number = decode(value, registerB);
        LocalDateTime changed = switch (register) {
            case SECONDS -> time.withSecond(0).plusSeconds(number);
            case MINUTES -> time.withMinute(0).plusMinutes(number);
            case HOURS -> time.withHour(0).plusHours(decodeHour(value, registerB));
            case DAY_OF_MONTH -> time.withDayOfMonth(1).plusDays(number - 1L);
            case MONTH -> time.plusMonths((long) number - time.getMonthValue());
            case YEAR -> time.plusYears((long) number - time.getYear() % 100);
            case CENTURY -> time.plusYears((decode(value, 0) - time.getYear() / 100) * 100L);
            default -> time;
        };
        return changed.toEpochSecond(ZoneOffset.UTC);
    }

    /** The first second after that one at which the alarm goes off, or Long.MAX_VALUE. */
    long nextAlarm(long after, int registerB) {
        long midnight = after - Math.floorMod(after, (long) SECONDS_PER_DAY);
        long today = nextInDay((int) (after - midnight) + 1, registerB);
        if (today >= 0) {
            return midnight + today;
        }
        long tomorrow = nextInDay(0, registerB);
        return tomorrow < 0 ? Long.MAX_VALUE : midnight + SECONDS_PER_DAY + tomorrow;
    }

    private int nextInDay(int from, int registerB) {
        for (int second = from; second < SECONDS_PER_DAY; second++) {
            if (!matches(HOURS_ALARM, encodeHour(second / 3600, registerB))) {
                second = (second / 3600 + 1) * 3600 - 1;
            } else if (!matches(MINUTES_ALARM, encode(second / 60 % 60, registerB))) {
                second = (second / 60 + 1) * 60 - 1;
            } else if (matches(SECONDS_ALARM, encode(second % 60, registerB))) {
                return second;
            }
        }
        return -1;
    }

    private boolean matches(int register, int value) {
        return (alarms[register] & ANY) == ANY || alarms[register] == value;
    }

    void saveAlarms(byte[] memory) {
        for (int register = SECONDS_ALARM; register <= HOURS_ALARM; register += 2) {
            memory[register] = (byte) alarms[register];
        }
    }

    void restoreAlarms(byte[] memory) {
        for (int register = SECONDS_ALARM; register <= HOURS_ALARM; register += 2) {
            alarms[register] = memory[register] & 0xFF;
        }
    }

    private static int encode(int number, int registerB) {
        return (registerB & BINARY) != 0 ? number : number / 10 << 4 | number % 10;
    }

    private static int decode(int value, int registerB) {
        return (registerB & BINARY) != 0 ? value : (value >> 4) * 10 + (value & 0xF);
    }

    private static int encodeHour(int hour, int registerB) {
        if ((registerB & HOURS_24) != 0) {
            return encode(hour, registerB);
        }
        int ofTwelve = hour % 12 == 0 ? 12 : hour % 12;
        return encode(ofTwelve, registerB) | (hour >= 12 ? AFTERNOON : 0);
    }

    private static int decodeHour(int value, int registerB) {
        if ((registerB & HOURS_24) != 0) {
            return decode(value, registerB);
        }
        return decode(value & ~AFTERNOON, registerB) % 12 + ((value & AFTERNOON) != 0 ? 12 : 0);
    }
}
