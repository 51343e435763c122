import { Box, Group, Text } from '@mantine/core';
import type { Bar, HealthReport } from '@plimsoll/client';
import { percent } from '../lib/format';
import { STATES } from './words';
import './health.css';

/** Health from 0 at the maintenance line to 100 without any requirement, with the call and initial levels. */
export function HealthBar({ report, bar, marks = true }: { report: HealthReport; bar: Bar; marks?: boolean }) {
    const { health, initial, call } = bar;
    const state = STATES[report.state] ?? STATES[0];
    const part = (ppm: number) => `${Math.min(100, ppm / 10_000)}%`;
    const required = report.maintenanceRequirement > 0n;
    return (
        <Box>
            <Box
                className="health"
                role="meter"
                aria-label="Health"
                aria-valuemin={0}
                aria-valuemax={100}
                aria-valuenow={Math.floor(health / 10_000)}
                aria-valuetext={`${percent(health, { places: 1 })}, ${state.name.toLowerCase()}`}
            >
                <div
                    className="health-fill"
                    style={{ width: part(health), background: `var(--mantine-color-${state.colour}-5)` }}
                />
                {required && <div className="health-mark health-call" style={{ left: part(call) }} />}
                {required && <div className="health-mark health-initial" style={{ left: part(initial) }} />}
            </Box>
            {marks && (
                <Group gap="md" mt={6}>
                    <Legend name="Liquidation" at="0" kind="health-line" />
                    {required && <Legend name="Margin call" at={percent(call, { places: 1 })} kind="health-call" />}
                    {required && <Legend name="Initial" at={percent(initial, { places: 1 })} kind="health-initial" />}
                </Group>
            )}
        </Box>
    );
}

function Legend({ name, at, kind }: { name: string; at: string; kind: string }) {
    return (
        <Group gap={6} wrap="nowrap">
            <span className={`health-key ${kind}`} aria-hidden />
            <Text size="xs" c="dimmed" className="num">
                {name} {at}
            </Text>
        </Group>
    );
}
