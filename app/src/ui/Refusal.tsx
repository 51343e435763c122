import { Alert } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { refusalOf } from '@plimsoll/client';

/** What the program would refuse, and what to do about it. */
export function Refusal({ code, error }: { code: number | null | undefined; error?: string | null }) {
    if (code === null || code === undefined) {
        if (!error) return null;
        return (
            <Alert color="amber" variant="light" icon={<IconInfoCircle />} role="status">
                {error}
            </Alert>
        );
    }
    const refusal = refusalOf(code);
    return (
        <Alert
            color="amber"
            variant="light"
            icon={<IconInfoCircle />}
            role="status"
            title={refusal?.message ?? `Refused with code ${code}`}
            data-testid="refusal"
        >
            {refusal?.hint}
        </Alert>
    );
}
