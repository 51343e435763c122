import { Button, Card, Container, Group, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Settings } from './Settings';

/** Something that keeps the app from showing anything, and what can be done. */
export function Problem({ title, text, settings = false }: { title: string; text: string; settings?: boolean }) {
    const [opened, { open, close }] = useDisclosure(false);
    return (
        <Container size="sm" py="xl">
            <Card withBorder role="alert" p="lg">
                <Title order={1} mb="xs">
                    {title}
                </Title>
                <Text mb="md" style={{ overflowWrap: 'anywhere' }}>
                    {text}
                </Text>
                <Group>
                    <Button onClick={() => location.reload()}>Load again</Button>
                    {settings && (
                        <Button variant="default" onClick={open}>
                            Connection
                        </Button>
                    )}
                </Group>
            </Card>
            <Settings opened={opened} close={close} />
        </Container>
    );
}
