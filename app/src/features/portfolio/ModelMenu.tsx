import { Badge, Menu, Text, UnstyledButton } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { refusalOf, setModel } from '@plimsoll/client';
import { useAct } from '../../lib/act';
import type { Margin } from '../../lib/chain';
import { useEngine } from '../../lib/engine';
import { usd } from '../../lib/format';
import { useExchange, useMine, useSubject } from '../../lib/session';
import { MODELS } from '../../ui/words';

/** The account's margin model, and what each of the others would ask for. */
export function ModelMenu({ margin }: { margin: Margin }) {
    return (
        <Menu width={320} position="bottom-start">
            <Menu.Target>
                <UnstyledButton aria-label={`Margin model: ${MODELS[margin.state.model]?.name}. Change it`}>
                    <Badge variant="default" size="lg" style={{ cursor: 'pointer' }}>
                        {MODELS[margin.state.model]?.name}
                    </Badge>
                </UnstyledButton>
            </Menu.Target>
            <Menu.Dropdown>
                <Menu.Label>Margin model</Menu.Label>
                <Models margin={margin} />
            </Menu.Dropdown>
        </Menu>
    );
}

/** Asked for only while the menu is open. */
function Models({ margin }: { margin: Margin }) {
    const { venue } = useExchange();
    const mine = useMine();
    const { act, busy } = useAct();
    const ask = useRequirements(margin);
    const choose = (model: number) =>
        act({ title: `Use the ${MODELS[model]!.name} model`, build: async () => [await setModel(venue, mine!, model)] });
    return MODELS.map(({ name, says }, model) => {
        const present = model === margin.state.model;
        return (
            <Menu.Item
                key={name}
                disabled={present || busy || !mine}
                rightSection={present ? <IconCheck size={16} /> : null}
                onClick={() => void choose(model)}
            >
                {name}
                <Text size="xs" c="dimmed">
                    {says} {ask(model)}
                </Text>
            </Menu.Item>
        );
    });
}

/** What a model would ask for, in a sentence. */
function useRequirements(margin: Margin): (model: number) => string {
    const engine = useEngine();
    const subject = useSubject(margin);
    return (model) => {
        if (!subject || model === margin.state.model) return '';
        try {
            const { after, refusal } = engine.preview(subject, { kind: 'model', model });
            if (after) return `Initial requirement ${usd(after.initialRequirement)}.`;
            return refusal === null ? '' : `Not now: ${refusalOf(refusal)?.message}.`;
        } catch {
            return '';
        }
    };
}
